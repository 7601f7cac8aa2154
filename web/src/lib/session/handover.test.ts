import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Handover } from "./handover";

/** Delivers synchronously to all other channels, as the browser does to other tabs. */
class FakeChannel {
  static open: FakeChannel[] = [];
  #listener: (event: { data: unknown }) => void = () => {};
  constructor() {
    FakeChannel.open.push(this);
  }
  addEventListener(_: "message", listener: (event: { data: unknown }) => void) {
    this.#listener = listener;
  }
  deliver(data: unknown) {
    for (const other of FakeChannel.open) if (other !== this) other.#listener({ data: structuredClone(data) });
  }
  postMessage(data: unknown) {
    this.deliver(data);
  }
  close() {
    FakeChannel.open = FakeChannel.open.filter((other) => other !== this);
  }
}

beforeEach(() => {
  FakeChannel.open = [];
  vi.stubGlobal("BroadcastChannel", FakeChannel);
});
afterEach(() => vi.unstubAllGlobals());

function tab(key: string | null) {
  const received: string[] = [];
  const handover = new Handover({
    current: () => key,
    onKey: (text) => received.push(`key ${text}`),
    onSignedIn: () => received.push("signed in"),
    onSignedOut: (text) => received.push(`signed out ${text}`),
  });
  return { handover, received };
}

it("gives the key of a signed-in tab to a new one, once", () => {
  tab("faas_1");
  tab("faas_1");
  const fresh = tab(null);
  fresh.handover.ask();
  expect(fresh.received).toEqual(["key faas_1"]);
});

it("gives no key to a tab that did not ask", () => {
  tab("faas_1");
  const [one, other] = [tab(null), tab(null)];
  one.handover.ask();
  expect(other.received).toEqual([]);
});

it("gets no answer while no tab is signed in", () => {
  tab(null);
  const fresh = tab(null);
  fresh.handover.ask();
  expect(fresh.received).toEqual([]);
});

it("tells other tabs about a sign-in and a sign-out", () => {
  const [one, other] = [tab("faas_1"), tab(null)];
  one.handover.announceSignIn();
  one.handover.announceSignOut("faas_1");
  expect(other.received).toEqual(["signed in", "signed out faas_1"]);
});

it("ignores anything else on the channel", () => {
  const { received } = tab("faas_1");
  const stranger = new FakeChannel();
  for (const message of [null, "ask", {}, { type: "ask" }, { type: "key", id: 1, text: 2 }, { type: "signed-out" }, { type: "new" }]) {
    stranger.deliver(message);
  }
  expect(received).toEqual([]);
});

it("works without the API, alone", () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  const { handover, received } = tab(null);
  handover.ask();
  handover.close();
  expect(received).toEqual([]);
});
