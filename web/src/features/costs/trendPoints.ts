/** The points of a trend and their labels. */
import type { Granularity, Trend } from "@/lib/api/types";
import { formatDay, formatMinute } from "@/lib/format";
import { fillTrends, type TrendPoint } from "@/lib/series";
import type { Span } from "./range";

const DAY = 24 * 3_600_000;

/** One point per step of the period; none if there was no cost at all. */
export const trendPoints = (rows: readonly Trend[], granularity: Granularity, span: Span): TrendPoint[] =>
  rows.length === 0 ? [] : fillTrends(rows, granularity, span.start, span.end);

const utc = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
const day = utc({ day: "numeric", month: "short" });
const month = utc({ month: "short", year: "numeric" });

/** Labels the start of a step. Days and months are in UTC, as the server cuts them; shorter steps are in the browser's time. */
export function nameOfStep(granularity: Granularity, span: Span): (at: number) => string {
  if (granularity === "month") return (at) => month.format(at);
  if (granularity === "day") return (at) => day.format(at);
  return span.end - span.start > DAY ? (at) => `${formatDay(at)}, ${formatMinute(at)}` : (at) => formatMinute(at);
}
