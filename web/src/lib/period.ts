/** Periods that end now. */
import type { CostRange } from "./api/costs";

const DAY = 24 * 3600_000;

/**
 * The last `days` days. It starts with a whole hour, so that those who ask within the same hour ask
 * for the same, and share the answer.
 */
export function daysBack(days: number, now: number = Date.now()): CostRange {
  const hour = Math.floor(now / 3600_000) * 3600_000;
  return { startDate: new Date(hour - days * DAY).toISOString() };
}
