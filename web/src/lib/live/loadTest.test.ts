import { expect, it } from "vitest";
import { aLoadTest } from "../../../tests/samples";
import { mergeLoadTest } from "./loadTest";

const second = (second: number, completed = 1) => ({ second, completed, failed: 0, p95: 1, instances: 1, cost: 0 });

it("adds each second that it hears of to those that it knows", () => {
  let test = aLoadTest();
  for (const at of [0, 1, 2]) {
    const heard = { _id: "l1", status: "running" as const, result: { latest: second(at), total: at + 1 } };
    test = mergeLoadTest(test, heard);
  }
  expect(test.result.timeline.map(({ second }) => second)).toEqual([0, 1, 2]);
  expect(test.result.total).toBe(3);
  expect(test.functionName).toBe("add");
});

it("has a second once, as it was heard of last", () => {
  const known = mergeLoadTest(aLoadTest(), { _id: "l1", status: "running", result: { latest: second(4, 1) } });
  const again = mergeLoadTest(known, { _id: "l1", status: "running", result: { latest: second(4, 7) } });
  expect(again.result.timeline).toEqual([second(4, 7)]);
});

it("takes the whole timeline from the end", () => {
  const known = mergeLoadTest(aLoadTest(), { _id: "l1", status: "running", result: { latest: second(9) } });
  const ended = mergeLoadTest(known, { _id: "l1", status: "completed", result: { timeline: [second(0), second(1)] } });
  expect(ended.status).toBe("completed");
  expect(ended.result.timeline).toHaveLength(2);
});
