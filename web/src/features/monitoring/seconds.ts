/** The seconds of a load test for a chart. */
import type { LoadSecond } from "@/lib/api/types";

/** One second. `known` is null for a second in the future. */
export interface ChartSecond {
  second: number;
  known: LoadSecond | null;
}

/** While a test runs, the axis covers its planned `seconds`; afterwards (null) the seconds that it took. */
export function chartSeconds(timeline: readonly LoadSecond[], seconds: number | null): ChartSecond[] {
  const known = timeline.map((second) => ({ second: second.second, known: second }));
  const last = timeline.at(-1);
  if (!last || seconds === null || last.second >= seconds - 1) return known;
  return [...known, { second: seconds - 1, known: null }];
}
