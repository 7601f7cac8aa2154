import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keys } from "../api/keys";
import type { Overview } from "../api/types";
import type { LiveEvent } from "./events";
import { feed, FEED_LENGTH, metricsHistory } from "./feed";
import { Patches } from "./patches";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

let seq = 0;
const started = (executionId = `e${seq}`): LiveEvent => ({
  type: "execution_started",
  data: { executionId, functionId: "f1", status: "running" },
  timestamp: "2026-01-31T12:00:00.000Z",
  seq: seq++,
  epoch: 1,
});

const metrics = (running: number): LiveEvent => ({
  type: "metrics",
  data: { queued: 2, running, waiting: 6, instances: 3, completed: 5, failed: 1, coldStarts: 0, p50: 1, p95: 2, p99: 3, warmIsolates: 4 },
  timestamp: "2026-01-31T12:00:00.000Z",
  seq: seq++,
  epoch: 1,
});

/** An active query. Its function counts the requests. */
function watched(client: QueryClient, queryKey: readonly unknown[]) {
  const queryFn = vi.fn(() => Promise.resolve({}));
  new QueryObserver(client, { queryKey, queryFn, staleTime: Infinity }).subscribe(() => {});
  return queryFn;
}

it("refetches lists at most every two seconds, however many events arrive", async () => {
  const client = new QueryClient();
  const patches = new Patches(client);
  const lists = watched(client, keys.executionList({ limit: 10 }));
  await vi.advanceTimersByTimeAsync(0);
  lists.mockClear();
  // Ten seconds with 500 events per second, in batches of a quarter second.
  for (let batch = 0; batch < 40; batch++) {
    patches.apply(Array.from({ length: 125 }, () => started()), 0);
    await vi.advanceTimersByTimeAsync(250);
  }
  expect(lists.mock.calls.length).toBeGreaterThanOrEqual(4);
  expect(lists.mock.calls.length).toBeLessThanOrEqual(6);
  expect(feed.get().events).toHaveLength(FEED_LENGTH);
  expect(feed.get().total).toBe(5_000);
});

it("refetches at once the execution that is shown", async () => {
  const client = new QueryClient();
  const patches = new Patches(client);
  const [mine, other] = [watched(client, keys.execution("mine")), watched(client, keys.execution("other"))];
  await vi.advanceTimersByTimeAsync(0);
  patches.apply([started("mine")], 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(mine).toHaveBeenCalledTimes(2);
  expect(other).toHaveBeenCalledTimes(1);
});

it("patches metrics without a request", async () => {
  const client = new QueryClient();
  const overview = { overview: { runningExecutions: 0, totalExecutions: 9 } } as Overview;
  client.setQueryData(keys.overview, overview);
  const queryFn = vi.fn();
  new QueryObserver(client, { queryKey: keys.overview, queryFn, staleTime: Infinity }).subscribe(() => {});
  new Patches(client).apply([metrics(7)], 0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(client.getQueryData<Overview>(keys.overview)?.overview).toMatchObject({
    runningExecutions: 7,
    waitingExecutions: 6,
    queuedExecutions: 2,
    currentInstances: 3,
    totalExecutions: 9,
  });
  expect(metricsHistory.get().at(-1)?.metrics?.completed).toBe(5);
  expect(queryFn).not.toHaveBeenCalled();
});

it("refetches everything after a gap", async () => {
  const client = new QueryClient();
  const [costs, functions] = [watched(client, keys.cost("system", {})), watched(client, keys.functionList)];
  await vi.advanceTimersByTimeAsync(0);
  const gap: LiveEvent = { type: "gap", data: { from: 1, to: 9 }, timestamp: "2026-01-31T12:00:00.000Z", seq: seq++, epoch: 1 };
  new Patches(client).apply([gap], 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(costs).toHaveBeenCalledTimes(2);
  expect(functions).toHaveBeenCalledTimes(2);
});

it("refetches the functions only for an unknown function", async () => {
  const client = new QueryClient();
  client.setQueryData(keys.functionList, [{ _id: "f1" }]);
  const functions = watched(client, keys.functionList);
  const patches = new Patches(client);
  patches.apply([started()], 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(functions).not.toHaveBeenCalled();
  const other = started();
  patches.apply([{ ...other, data: { executionId: "e", functionId: "f2", status: "running" } } as LiveEvent], 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(functions).toHaveBeenCalledOnce();
});
