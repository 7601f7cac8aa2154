import { describe, expect, it } from "vitest";
import { aLoadTest } from "../../../tests/samples";
import { newPlan, planOf, readPlan } from "./loadPlan";

const plan = newPlan("f1", '{"n": "{{i}}"}');

describe("the plan of a load test", () => {
  it("starts with 20 calls at once for 30 seconds, as fast as possible", () => {
    expect(readPlan(plan)).toEqual({
      test: { functionId: "f1", concurrency: 20, durationSeconds: 30, input: { n: "{{i}}" } },
      errors: {},
    });
  });

  it("contains a rate if one is entered", () => {
    expect(readPlan({ ...plan, rate: "12.5" }).test).toMatchObject({ rate: 12.5 });
  });

  it.each([
    ["concurrency", "0"],
    ["concurrency", "101"],
    ["concurrency", "1.5"],
    ["concurrency", ""],
    ["duration", "301"],
    ["duration", " "],
    ["rate", "0"],
    ["rate", "10001"],
    ["rate", "many"],
  ] as const)("rejects a %s of %j", (field, value) => {
    const { test, errors } = readPlan({ ...plan, [field]: value });
    expect(test).toBeNull();
    expect(errors[field]).toBeTruthy();
  });

  it("rejects an input that is not valid JSON", () => {
    expect(readPlan({ ...plan, input: "{" }).test).toBeNull();
  });

  it("repeats a past test", () => {
    const test = aLoadTest({ rate: 50, input: { n: "{{i}}" } });
    expect(readPlan(planOf(test)).test).toEqual({ functionId: "f1", concurrency: 20, durationSeconds: 30, rate: 50, input: { n: "{{i}}" } });
  });
});
