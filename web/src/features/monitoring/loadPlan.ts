/** What a load test is asked for with, as it is typed. */
import type { NewLoadTest } from "@/lib/api/types";
import { parseJson } from "@/components/editor/json";

export interface LoadPlan {
  functionId: string;
  concurrency: string;
  /** Seconds. */
  duration: string;
  input: string;
}

export interface PlanErrors {
  concurrency?: string;
  duration?: string;
}

const wholeFrom = (text: string, low: number, high: number) => {
  const value = Number(text);
  return text.trim() !== "" && Number.isInteger(value) && value >= low && value <= high ? value : null;
};

/** The request, or what is wrong with it. */
export function readPlan(plan: LoadPlan): { test: NewLoadTest | null; errors: PlanErrors } {
  const concurrency = wholeFrom(plan.concurrency, 1, 100);
  const durationSeconds = wholeFrom(plan.duration, 1, 300);
  const input = parseJson(plan.input);
  const errors: PlanErrors = {};
  if (concurrency === null) errors.concurrency = "A whole number from 1 to 100.";
  if (durationSeconds === null) errors.duration = "From 1 to 300 seconds.";
  const test =
    concurrency !== null && durationSeconds !== null && input.ok && plan.functionId
      ? { functionId: plan.functionId, concurrency, durationSeconds, input: input.value }
      : null;
  return { test, errors };
}
