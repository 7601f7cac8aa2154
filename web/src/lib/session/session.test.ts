import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import * as client from "@/lib/api/client";
import type { ApiKey, SessionAnswer } from "@/lib/api/types";
import { begin, confirm, dismissed, session, signIn, signOut, withFirstKey } from "./session";

const TEXT = `faas_${"1".repeat(32)}_${"a".repeat(64)}`;
const OFF: SessionAnswer = { authentication: "off", key: null };
const NOBODY: SessionAnswer = { authentication: "required", key: null };
const known = (expiresAt: string | null = null): SessionAnswer => ({
  authentication: "required",
  key: { _id: "k1", name: "ada", role: "admin", expiresAt },
});
const no = (code: string) => new client.ApiError("no", 401, code);

/** What the server answers to whoever asks who they are. */
let answer: (key: string | null) => SessionAnswer;
/** The key that goes out with requests. */
let sent: string | null;

beforeEach(() => {
  sessionStorage.clear();
  session.set({ state: "asking" });
  vi.spyOn(client, "getAs").mockImplementation(async (key) => answer(key) as never);
  vi.spyOn(client, "sendKey").mockImplementation((key) => {
    sent = key;
  });
});
afterEach(() => vi.restoreAllMocks());

const refuse = (code: string) => () => {
  throw no(code);
};

it("asks for nothing where no keys are in use", async () => {
  answer = () => OFF;
  await begin();
  expect(session.get()).toEqual({ state: "open" });
});

it("asks for a key where one is required, without blame for somebody new", async () => {
  answer = () => NOBODY;
  await begin();
  expect(session.get()).toEqual({ state: "signed-out", reason: null });
});

it("keeps a key that the server takes in this tab alone, and goes on with it after a reload", async () => {
  answer = (key) => (key === TEXT ? known() : NOBODY);
  await begin();
  await signIn(TEXT);
  expect(session.get()).toMatchObject({ state: "signed-in", key: { name: "ada" } });
  expect([sent, Object.values(sessionStorage), { ...localStorage }]).toEqual([TEXT, [TEXT], {}]);
  session.set({ state: "asking" });
  await begin();
  expect(session.get()).toMatchObject({ state: "signed-in", text: TEXT });
});

it("keeps nothing of a key that the server does not take", async () => {
  answer = (key) => (key === null ? NOBODY : refuse("key_invalid")());
  await begin();
  await expect(signIn(TEXT)).rejects.toMatchObject({ code: "key_invalid" });
  expect(session.get()).toEqual({ state: "signed-out", reason: null });
  expect([sent, sessionStorage.length]).toEqual([null, 0]);
});

it("forgets the key when one signs out", async () => {
  answer = () => known();
  await signIn(TEXT);
  signOut();
  expect(session.get()).toEqual({ state: "signed-out", reason: null });
  expect([sent, sessionStorage.length]).toEqual([null, 0]);
});

it("says after a reload why the key is not valid any more", async () => {
  answer = () => known();
  await signIn(TEXT);
  answer = refuse("key_expired");
  await begin();
  expect(session.get()).toMatchObject({ state: "signed-out", reason: expect.stringContaining("expired") });
  expect(sessionStorage.length).toBe(0);
});

it("keeps the key while the server is away", async () => {
  answer = () => known();
  await signIn(TEXT);
  answer = () => {
    throw new client.ApiError("The server cannot be reached.", 0, "offline");
  };
  await confirm();
  expect(session.get().state).toBe("signed-in");
  await begin();
  expect(session.get().state).toBe("unknown");
  expect(sessionStorage.length).toBe(1);
});

it("tells a key that has expired from one that was revoked when the live connection ends", async () => {
  answer = () => known(new Date(Date.now() - 1).toISOString());
  await signIn(TEXT);
  dismissed();
  expect(session.get()).toMatchObject({ reason: expect.stringContaining("expired") });
  answer = () => known(new Date(Date.now() + 60_000).toISOString());
  await signIn(TEXT);
  dismissed();
  expect(session.get()).toMatchObject({ reason: expect.stringContaining("revoked") });
});

it("asks for a key when the first one was made elsewhere", async () => {
  answer = () => OFF;
  await begin();
  dismissed();
  expect(session.get()).toMatchObject({ state: "signed-out", reason: expect.stringContaining("From now on") });
});

it("finds out that a key is required now when the live connection is refused", async () => {
  answer = () => OFF;
  await begin();
  answer = () => NOBODY;
  await confirm();
  expect(session.get()).toMatchObject({ state: "signed-out", reason: expect.stringContaining("From now on") });
});

it("goes on with the first key that is made here, though the live connection ends before the answer", async () => {
  answer = () => OFF;
  await begin();
  answer = (key) => (key === TEXT ? known() : NOBODY);
  const made = { _id: "k1", name: "ada", role: "admin", createdAt: "", expiresAt: null, revokedAt: null, lastUsedAt: null, key: TEXT } satisfies ApiKey;
  const states: string[] = [];
  onTestFinished(session.subscribe(() => states.push(session.get().state)));
  await withFirstKey(async () => {
    dismissed();
    await confirm();
    return made;
  });
  // The page with the key on it was never taken away.
  expect(states).toEqual(["signed-in"]);
  expect(session.get()).toMatchObject({ state: "signed-in", text: TEXT });
});
