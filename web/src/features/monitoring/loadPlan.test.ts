import { expect, it } from "vitest";
import { readPlan } from "./loadPlan";

const plan = { functionId: "f1", concurrency: "20", duration: "30", input: '{"n": 1}' };

it("asks for what is typed", () => {
  expect(readPlan(plan)).toEqual({ test: { functionId: "f1", concurrency: 20, durationSeconds: 30, input: { n: 1 } }, errors: {} });
});

it.each([
  ["concurrency", "0"],
  ["concurrency", "101"],
  ["concurrency", ""],
  ["duration", "1.5"],
  ["duration", "301"],
])("refuses a %s of %j, and says why", (field, value) => {
  const { test, errors } = readPlan({ ...plan, [field]: value });
  expect(test).toBeNull();
  expect(Object.keys(errors)).toEqual([field]);
});

it("waits for an input that is JSON", () => expect(readPlan({ ...plan, input: "{n" }).test).toBeNull());
