/** Periods that end now. */
import type { CostRange } from "./api/costs";

const DAY = 24 * 3600_000;

/** The last `days` days. The start is a full hour, so that requests within the hour share a cached answer. */
export function daysBack(days: number, now: number = Date.now()): CostRange {
  const hour = Math.floor(now / 3600_000) * 3600_000;
  return { startDate: new Date(hour - days * DAY).toISOString() };
}
