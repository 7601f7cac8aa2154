/** What a load test is asked for with, as it is typed. */
import type { LoadTest, NewLoadTest } from "@/lib/api/types";
import { parseJson, prettyJson } from "@/components/editor/json";

export interface LoadPlan {
  functionId: string;
  concurrency: string;
  /** Seconds. */
  duration: string;
  /** Calls for each second; empty: as fast as the answers come. */
  rate: string;
  input: string;
}

export interface PlanErrors {
  concurrency?: string;
  duration?: string;
  rate?: string;
}

/** The server's own bounds. */
const BOUNDS = { concurrency: 100, seconds: 300, rate: 10_000 };

const numberIn = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));

const wholeFrom = (text: string, low: number, high: number) => {
  const value = numberIn(text);
  return Number.isInteger(value) && value >= low && value <= high ? value : null;
};

/** A test of a function as it is first offered. */
export const newPlan = (functionId: string, input: string): LoadPlan => ({
  functionId,
  concurrency: "20",
  duration: "30",
  rate: "",
  input,
});

/** The plan that a test was started with. */
export const planOf = (test: LoadTest): LoadPlan => ({
  functionId: test.functionId,
  concurrency: String(test.concurrency),
  duration: String(test.durationSeconds),
  rate: test.rate === null ? "" : String(test.rate),
  input: prettyJson(test.input),
});

/** The request, or what is wrong with it. */
export function readPlan(plan: LoadPlan): { test: NewLoadTest | null; errors: PlanErrors } {
  const concurrency = wholeFrom(plan.concurrency, 1, BOUNDS.concurrency);
  const durationSeconds = wholeFrom(plan.duration, 1, BOUNDS.seconds);
  const rate = plan.rate.trim() === "" ? null : numberIn(plan.rate);
  const input = parseJson(plan.input);
  const errors: PlanErrors = {};
  if (concurrency === null) errors.concurrency = `A whole number from 1 to ${BOUNDS.concurrency}.`;
  if (durationSeconds === null) errors.duration = `From 1 to ${BOUNDS.seconds} seconds.`;
  if (rate !== null && !(rate > 0 && rate <= BOUNDS.rate)) errors.rate = "Above 0 and at most 10,000, or empty.";
  const right = Object.keys(errors).length === 0 && input.ok && plan.functionId !== "";
  if (!right || concurrency === null || durationSeconds === null) return { test: null, errors };
  const test = { functionId: plan.functionId, concurrency, durationSeconds, input: input.value };
  return { test: rate === null ? test : { ...test, rate }, errors };
}
