import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import * as client from "@/lib/api/client";
import type { ApiKey, SessionAnswer } from "@/lib/api/types";
import { begin, confirm, dismissed, session, signIn, signOut, withFirstKey } from "./session";

const TEXT = `faas_${"1".repeat(32)}_${"a".repeat(64)}`;
const OFF: SessionAnswer = { authentication: "off", key: null, secrets: true, runtimes: ["default"] };
const NOBODY: SessionAnswer = { authentication: "required", key: null, secrets: true, runtimes: ["default"] };
const known = (expiresAt: string | null = null): SessionAnswer => ({
  authentication: "required",
  secrets: true,
  runtimes: ["default"],
  key: { _id: "k1", name: "ada", role: "admin", expiresAt },
});
const rejected = (code: string) => new client.ApiError("no", 401, code);

/** The answer of the server to `/api/session`. */
let answer: (key: string | null) => SessionAnswer;
/** The key that requests send. */
let sent: string | null;

beforeEach(() => {
  sent = null;
  sessionStorage.clear();
  session.set({ state: "asking" });
  vi.spyOn(client, "getAs").mockImplementation(async (key) => answer(key) as never);
  vi.spyOn(client, "sendKey").mockImplementation((key) => {
    sent = key;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const refuse = (code: string) => () => {
  throw rejected(code);
};

it("is open if the server requires no key", async () => {
  answer = () => OFF;
  await begin();
  expect(session.get()).toEqual({ state: "open" });
});

it("asks for a key without a reason at the first visit", async () => {
  vi.useFakeTimers();
  answer = () => NOBODY;
  await begin();
  expect(session.get()).toEqual({ state: "asking" });
  vi.advanceTimersByTime(300);
  expect(session.get()).toEqual({ state: "signed-out", reason: null });
});

it("keeps the key in session storage, never in local storage, and uses it after a reload", async () => {
  answer = (key) => (key === TEXT ? known() : NOBODY);
  await signIn(TEXT);
  expect(session.get()).toMatchObject({ state: "signed-in", key: { name: "ada" } });
  expect([sent, Object.values(sessionStorage), { ...localStorage }]).toEqual([TEXT, [TEXT], {}]);
  session.set({ state: "asking" });
  await begin();
  expect(session.get()).toMatchObject({ state: "signed-in", text: TEXT });
});

it("stores no key that the server rejects", async () => {
  answer = (key) => (key === null ? NOBODY : refuse("key_invalid")());
  session.set({ state: "signed-out", reason: null });
  await expect(signIn(TEXT)).rejects.toMatchObject({ code: "key_invalid" });
  expect(session.get()).toEqual({ state: "signed-out", reason: null });
  expect([sent, sessionStorage.length]).toEqual([null, 0]);
});

it("forgets the key on sign-out", async () => {
  answer = () => known();
  await signIn(TEXT);
  signOut();
  expect(session.get()).toEqual({ state: "signed-out", reason: null });
  expect([sent, sessionStorage.length]).toEqual([null, 0]);
});

it("says after a reload why the key is no longer valid", async () => {
  answer = () => known();
  await signIn(TEXT);
  answer = refuse("key_expired");
  await begin();
  expect(session.get()).toMatchObject({ state: "signed-out", reason: expect.stringContaining("expired") });
  expect(sessionStorage.length).toBe(0);
});

it("keeps the key while the server is unreachable", async () => {
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

it("distinguishes an expired key from a revoked one when the live connection ends", async () => {
  answer = () => known(new Date(Date.now() - 1).toISOString());
  await signIn(TEXT);
  dismissed();
  expect(session.get()).toMatchObject({ reason: expect.stringContaining("expired") });
  answer = () => known(new Date(Date.now() + 60_000).toISOString());
  await signIn(TEXT);
  dismissed();
  expect(session.get()).toMatchObject({ reason: expect.stringContaining("revoked") });
});

it("asks for a key when somebody else creates the first one", async () => {
  answer = () => OFF;
  await begin();
  dismissed();
  expect(session.get()).toMatchObject({ state: "signed-out", reason: expect.stringContaining("now requires a key") });
});

it("notices that the server requires a key when the live connection is refused", async () => {
  answer = () => OFF;
  await begin();
  answer = () => NOBODY;
  await confirm();
  expect(session.get()).toMatchObject({ state: "signed-out", reason: expect.stringContaining("now requires a key") });
});

it("signs in with the first key, even if the live connection ends before the answer", async () => {
  answer = () => OFF;
  await begin();
  answer = (key) => (key === TEXT ? known() : NOBODY);
  const created = { _id: "k1", name: "ada", role: "admin", createdAt: "", expiresAt: null, revokedAt: null, lastUsedAt: null, key: TEXT } satisfies ApiKey;
  const states: string[] = [];
  onTestFinished(session.subscribe(() => states.push(session.get().state)));
  await withFirstKey(async () => {
    dismissed();
    await confirm();
    return created;
  });
  // The page that shows the key stays.
  expect(states).toEqual(["signed-in"]);
  expect(session.get()).toMatchObject({ state: "signed-in", text: TEXT });
});
