/** The seconds that the live charts show. */
import { HISTORY_LENGTH, type MetricsPoint } from "@/lib/live/feed";
import type { LiveMetrics } from "@/lib/live/events";

const LENGTH = HISTORY_LENGTH * 1_000;

/** Always five minutes up to the last second, so that the axis does not move while the first ones gather. */
export function lastMinutes(history: readonly MetricsPoint[]): readonly MetricsPoint[] {
  const last = history.at(-1);
  if (!last) return [];
  const start = last.at - LENGTH;
  const within = history.filter(({ at }) => at > start);
  return [{ at: start, metrics: null }, ...within];
}

/** Whether anything has ended in the last minute: without it the percentiles are of nothing. */
export const hasTimes = ({ p99 }: Pick<LiveMetrics, "p99">) => p99 > 0;
