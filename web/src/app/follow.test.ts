import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { feed } from "@/lib/live/feed";
import { session, signOut } from "@/lib/session/session";
import { followSession } from "./follow";
import { createClient } from "./queryClient";

class FakeWebSocket extends EventTarget {
  static open: string[][] = [];
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    super();
    FakeWebSocket.open.push(protocols);
  }
  close() {
    FakeWebSocket.open = FakeWebSocket.open.filter((each) => each !== this.protocols);
  }
}

beforeEach(() => {
  FakeWebSocket.open = [];
  vi.stubGlobal("WebSocket", FakeWebSocket);
  session.set({ state: "asking" });
});
afterEach(() => vi.unstubAllGlobals());

const signedIn = (role: "reader" | "invoker", text: string) =>
  session.set({ state: "signed-in", key: { _id: "k", name: "n", role, expiresAt: null }, text });

function follow() {
  const client = createClient();
  onTestFinished(followSession(client));
  return client;
}

it("connects once per key, as soon as the session is known", () => {
  follow();
  expect(FakeWebSocket.open).toEqual([]);
  session.set({ state: "open" });
  expect(FakeWebSocket.open).toEqual([[]]);
  signedIn("reader", "faas_a");
  expect(FakeWebSocket.open).toEqual([["faas", "faas.key.faas_a"]]);
});

it("does not connect with a key that may not read", () => {
  follow();
  signedIn("invoker", "faas_a");
  expect(FakeWebSocket.open).toEqual([]);
});

it("keeps nothing that one key has read for the next one", () => {
  const client = follow();
  signedIn("reader", "faas_a");
  client.setQueryData(["functions"], ["secret"]);
  feed.set({ events: [], total: 7 });
  signOut();
  expect(FakeWebSocket.open).toEqual([]);
  expect(client.getQueryData(["functions"])).toBeUndefined();
  expect(feed.get().total).toBe(0);
});
