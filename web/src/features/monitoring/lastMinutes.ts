/** The seconds of the live charts. */
import type { MetricsPoint } from "@/lib/live/feed";
import type { LiveMetrics } from "@/lib/live/events";

const LEAST = 60_000;

/** The known seconds, at least a minute long, so that the first seconds do not fill the whole chart. */
export function lastMinutes(history: readonly MetricsPoint[]): readonly MetricsPoint[] {
  const [first, last] = [history[0], history.at(-1)];
  if (!first || !last) return [];
  const start = last.at - LEAST;
  return first.at <= start ? history : [{ at: start, metrics: null }, ...history];
}

/** Whether an execution ended in the last minute. Without one there are no percentiles. */
export const hasTimes = ({ p99 }: Pick<LiveMetrics, "p99">) => p99 > 0;
