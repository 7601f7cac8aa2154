import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { aLoadTest } from "../../../tests/samples";
import { keys } from "../api/keys";
import type { LoadTest } from "../api/types";
import type { LiveEvent } from "./events";
import { mergeLoadTest } from "./loadTest";
import { Patches } from "./patches";

const second = (second: number, completed = 1) => ({ second, completed, failed: 0, p95: 1, instances: 1, cost: 0 });

it("appends each new second to the timeline", () => {
  let test = aLoadTest();
  for (const at of [0, 1, 2]) {
    const heard = { _id: "l1", status: "running" as const, result: { latest: second(at), total: at + 1 } };
    test = mergeLoadTest(test, heard);
  }
  expect(test.result.timeline.map(({ second }) => second)).toEqual([0, 1, 2]);
  expect(test.result.total).toBe(3);
  expect(test.functionName).toBe("add");
});

it("replaces a second that is reported again", () => {
  const known = mergeLoadTest(aLoadTest(), { _id: "l1", status: "running", result: { latest: second(4, 1) } });
  const again = mergeLoadTest(known, { _id: "l1", status: "running", result: { latest: second(4, 7) } });
  expect(again.result.timeline).toEqual([second(4, 7)]);
});

it("takes the whole timeline from the final event", () => {
  const known = mergeLoadTest(aLoadTest(), { _id: "l1", status: "running", result: { latest: second(9) } });
  const ended = mergeLoadTest(known, { _id: "l1", status: "completed", result: { timeline: [second(0), second(1)] } });
  expect(ended.status).toBe("completed");
  expect(ended.result.timeline).toHaveLength(2);
});

it("updates lists while a test runs, and refetches a list without it", async () => {
  const client = new QueryClient();
  const known = aLoadTest({ _id: "l1" });
  client.setQueryData(keys.loadTestList({ limit: 20 }), [known]);
  const queryFn = vi.fn(() => Promise.resolve([known]));
  new QueryObserver(client, { queryKey: keys.loadTestList({ limit: 20 }), queryFn, staleTime: Infinity }).subscribe(() => {});
  const progress = (_id: string) =>
    ({
      type: "load_test_progress",
      data: { _id, status: "running", result: { total: 77, latest: second(3) } },
      timestamp: "2026-01-31T12:00:00.000Z",
      seq: 1,
      epoch: 1,
    }) as LiveEvent;
  new Patches(client).apply([progress("l1")], 0);
  expect(client.getQueryData<LoadTest[]>(keys.loadTestList({ limit: 20 }))?.[0]?.result).toMatchObject({ total: 77, timeline: [second(3)] });
  expect(queryFn).not.toHaveBeenCalled();
  new Patches(client).apply([progress("l2")], 0);
  await vi.waitFor(() => expect(queryFn).toHaveBeenCalledOnce());
});
