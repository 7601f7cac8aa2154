import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveSocket, type Connection } from "./socket";

class FakeWebSocket extends EventTarget {
  static made: FakeWebSocket[] = [];
  closed = false;
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    super();
    FakeWebSocket.made.push(this);
  }
  close() {
    this.closed = true;
  }
  say(type: string, init: object = {}) {
    this.dispatchEvent(Object.assign(new Event(type), init));
  }
}

const last = () => {
  const socket = FakeWebSocket.made.at(-1);
  if (!socket) throw new Error("no socket was created");
  return socket;
};

const metrics = JSON.stringify({
  type: "metrics",
  data: { queued: 0, running: 0, waiting: 0, instances: 1, completed: 0, failed: 0, coldStarts: 0, p50: 0, p95: 0, p99: 0, warmIsolates: 0 },
  timestamp: "2026-01-31T12:00:00.000Z",
  seq: 1,
  epoch: 1,
});

function start(key: string | null = null) {
  const states: Connection["state"][] = [];
  const events: string[] = [];
  const socket = new LiveSocket("ws://test/ws", key, {
    onEvent: ({ type }) => events.push(type),
    onConnection: ({ state }) => states.push(state),
    onDismissed: () => events.push("dismissed"),
  });
  socket.connect();
  return { socket, states, events };
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeWebSocket.made = [];
  vi.stubGlobal("WebSocket", FakeWebSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("reconnects with growing delays", () => {
  const { states } = start();
  last().say("open");
  last().say("close");
  expect(states).toEqual(["connecting", "live", "offline"]);
  vi.advanceTimersByTime(500);
  expect(FakeWebSocket.made).toHaveLength(2);
  last().say("close");
  vi.advanceTimersByTime(499);
  expect(FakeWebSocket.made).toHaveLength(2);
  vi.advanceTimersByTime(501);
  expect(FakeWebSocket.made).toHaveLength(3);
  last().say("open");
  expect(states.at(-1)).toBe("live");
});

it("treats a silent connection as lost", () => {
  const { states } = start();
  last().say("open");
  vi.advanceTimersByTime(5_000);
  last().say("message", { data: metrics });
  vi.advanceTimersByTime(5_000);
  expect(states.at(-1)).toBe("live");
  const silent = last();
  vi.advanceTimersByTime(1_500);
  expect(states.at(-1)).toBe("offline");
  expect(silent.closed).toBe(true);
});

it("ignores a connection that it gave up", () => {
  const { events, states } = start();
  const old = last();
  old.say("close");
  vi.advanceTimersByTime(500);
  old.say("message", { data: metrics });
  old.say("open");
  expect(events).toEqual([]);
  expect(states).toEqual(["connecting", "offline"]);
});

it("reports events and skips unknown messages", () => {
  const { events } = start();
  last().say("open");
  for (const data of [metrics, "no JSON", '{"type":"new"}', new Blob()]) last().say("message", { data });
  expect(events).toEqual(["metrics"]);
});

it("does not reconnect after it is closed", () => {
  const { socket } = start();
  last().say("open");
  socket.close();
  vi.advanceTimersByTime(60_000);
  expect(FakeWebSocket.made).toHaveLength(1);
});

it("sends its key as a subprotocol", () => {
  start();
  expect(last().protocols).toEqual([]);
  start("faas_1_2");
  expect(last().protocols).toEqual(["faas", "faas.key.faas_1_2"]);
  expect(last().url).toBe("ws://test/ws");
});

it("does not reconnect when the server rejects its key", () => {
  const { events, states } = start("faas_1_2");
  last().say("open");
  last().say("close", { code: 1008 });
  vi.advanceTimersByTime(60_000);
  expect(events).toEqual(["dismissed"]);
  expect(states).toEqual(["connecting", "live"]);
  expect(FakeWebSocket.made).toHaveLength(1);
});
