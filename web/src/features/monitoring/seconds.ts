/** The seconds of a load test as a chart shows them. */
import type { LoadSecond } from "@/lib/api/types";

/** A second; of one that is still to come nothing is known but which it is. */
export interface ChartSecond {
  second: number;
  known: LoadSecond | null;
}

/** While a test runs, the axis is as long as it will be: `seconds`. Null: as long as it was. */
export function chartSeconds(timeline: readonly LoadSecond[], seconds: number | null): ChartSecond[] {
  const known = timeline.map((second) => ({ second: second.second, known: second }));
  const last = timeline.at(-1);
  if (!last || seconds === null || last.second >= seconds - 1) return known;
  return [...known, { second: seconds - 1, known: null }];
}
