/** The retry policy of a function, as typed and as sent. */
import type { Fn } from "@/lib/api/types";

type RetryConfig = NonNullable<Fn["config"]["retry"]>;

/** The failures that a policy can name. */
export const KINDS = [
  { id: "user_error", label: "Errors of the code" },
  { id: "timeout", label: "Timeouts" },
  { id: "out_of_memory", label: "Out of memory" },
  { id: "stack_overflow", label: "Stack overflows" },
] as const;

export type RetryKind = (typeof KINDS)[number]["id"];

export interface RetryDraft {
  /** Seconds; empty for what the server's settings say, as in the other fields. */
  retryBase: string;
  retryFactor: string;
  /** Seconds. */
  retryCap: string;
  /** Percent. */
  retryJitter: string;
  retryOn: readonly RetryKind[];
}

export type RetryErrors = Partial<Record<keyof RetryDraft, string>>;

const DAY = 86_400;

const textOf = (number: number | undefined, scale = 1) => (number === undefined ? "" : String(Number((number * scale).toPrecision(12))));

export const retryOf = (retry: RetryConfig | null): RetryDraft => ({
  retryBase: textOf(retry?.base, 0.001),
  retryFactor: textOf(retry?.factor),
  retryCap: textOf(retry?.cap, 0.001),
  retryJitter: textOf(retry?.jitter, 100),
  retryOn: KINDS.map(({ id }) => id).filter((id) => retry?.retryOn?.includes(id) ?? true),
});

const isWithin = (text: string, least: number, most: number) => {
  const number = Number(text);
  return !text.trim() || (number >= least && number <= most);
};

/** The errors of the fields. */
export function checkRetry({ retryBase, retryFactor, retryCap, retryJitter }: RetryDraft): RetryErrors {
  const errors: RetryErrors = {};
  const seconds = `Enter seconds from 0 to ${DAY}, or nothing.`;
  if (!isWithin(retryBase, 0, DAY)) errors.retryBase = seconds;
  if (!isWithin(retryCap, 0, DAY)) errors.retryCap = seconds;
  if (!isWithin(retryFactor, 1, 100)) errors.retryFactor = "Enter a number from 1 to 100, or nothing.";
  if (!isWithin(retryJitter, 0, 100)) errors.retryJitter = "Enter percent from 0 to 100, or nothing.";
  return errors;
}

/** The policy to send; null for what the server's settings say. */
export function retryIn({ retryBase, retryFactor, retryCap, retryJitter, retryOn }: RetryDraft): RetryConfig | null {
  const retry: RetryConfig = {
    ...(retryBase.trim() ? { base: Math.round(Number(retryBase) * 1000) } : {}),
    ...(retryFactor.trim() ? { factor: Number(retryFactor) } : {}),
    ...(retryCap.trim() ? { cap: Math.round(Number(retryCap) * 1000) } : {}),
    ...(retryJitter.trim() ? { jitter: Number(retryJitter) / 100 } : {}),
    ...(retryOn.length < KINDS.length ? { retryOn: [...retryOn] } : {}),
  };
  return Object.keys(retry).length > 0 ? retry : null;
}
