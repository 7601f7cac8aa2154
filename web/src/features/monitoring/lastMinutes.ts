/** The seconds that the live charts show. */
import type { MetricsPoint } from "@/lib/live/feed";
import type { LiveMetrics } from "@/lib/live/events";

const LEAST = 60_000;

/** What is held, and never less than a minute, so that the first seconds are not stretched over the whole chart. */
export function lastMinutes(history: readonly MetricsPoint[]): readonly MetricsPoint[] {
  const [first, last] = [history[0], history.at(-1)];
  if (!first || !last) return [];
  const start = last.at - LEAST;
  return first.at <= start ? history : [{ at: start, metrics: null }, ...history];
}

/** Whether anything has ended in the last minute: without it the percentiles are of nothing. */
export const hasTimes = ({ p99 }: Pick<LiveMetrics, "p99">) => p99 > 0;
