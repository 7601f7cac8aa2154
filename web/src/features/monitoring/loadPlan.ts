/** The form of a load test. */
import type { LoadTest, NewLoadTest } from "@/lib/api/types";
import { parseJson, prettyJson } from "@/components/editor/json";

export interface LoadPlan {
  functionId: string;
  concurrency: string;
  /** Seconds. */
  duration: string;
  /** Calls per second; empty: as fast as possible. */
  rate: string;
  input: string;
}

export interface PlanErrors {
  concurrency?: string;
  duration?: string;
  rate?: string;
}

/** The server's limits. */
const BOUNDS = { concurrency: 100, seconds: 300, rate: 10_000 };

const numberIn = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));

const wholeFrom = (text: string, low: number, high: number) => {
  const value = numberIn(text);
  return Number.isInteger(value) && value >= low && value <= high ? value : null;
};

/** The first plan for a function. */
export const newPlan = (functionId: string, input: string): LoadPlan => ({
  functionId,
  concurrency: "20",
  duration: "30",
  rate: "",
  input,
});

/** The plan of a past test. */
export const planOf = (test: LoadTest): LoadPlan => ({
  functionId: test.functionId,
  concurrency: String(test.concurrency),
  duration: String(test.durationSeconds),
  rate: test.rate === null ? "" : String(test.rate),
  input: prettyJson(test.input),
});

/** The request, or the errors of the form. */
export function readPlan(plan: LoadPlan): { test: NewLoadTest | null; errors: PlanErrors } {
  const concurrency = wholeFrom(plan.concurrency, 1, BOUNDS.concurrency);
  const durationSeconds = wholeFrom(plan.duration, 1, BOUNDS.seconds);
  const rate = plan.rate.trim() === "" ? null : numberIn(plan.rate);
  const input = parseJson(plan.input);
  const errors: PlanErrors = {};
  if (concurrency === null) errors.concurrency = `Enter a whole number from 1 to ${BOUNDS.concurrency}.`;
  if (durationSeconds === null) errors.duration = `Enter 1 to ${BOUNDS.seconds} seconds.`;
  if (rate !== null && !(rate > 0 && rate <= BOUNDS.rate)) errors.rate = "Enter a number above 0, at most 10,000, or nothing.";
  const right = Object.keys(errors).length === 0 && input.ok && plan.functionId !== "";
  if (!right || concurrency === null || durationSeconds === null) return { test: null, errors };
  const test = { functionId: plan.functionId, concurrency, durationSeconds, input: input.value };
  return { test: rate === null ? test : { ...test, rate }, errors };
}
