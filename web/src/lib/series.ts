/** Fills the gaps in rows of time: the API leaves out empty spans. */
import type { Granularity, HourCount, Trend } from "./api/types";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface HourPoint {
  at: number;
  completed: number;
  failed: number;
}

/** The last `hours` hours with the executions that ended in each. */
export function fillHours(rows: readonly HourCount[], hours: number, now: number): HourPoint[] {
  const found = new Map(rows.map((row) => [new Date(row.bucket).getTime(), row]));
  const last = Math.floor(now / HOUR) * HOUR;
  return Array.from({ length: hours }, (_, index) => {
    const at = last - (hours - 1 - index) * HOUR;
    const row = found.get(at);
    return { at, completed: row?.completed ?? 0, failed: row?.failed ?? 0 };
  });
}

export interface TrendPoint {
  at: number;
  cost: number;
  executions: number;
  averageDuration: number | null;
}

/** The start of a span of a trend. Its id is the start in UTC, shortened to the length of the span. */
export function trendStart(id: string): number {
  const [date = "", time = "00:00"] = id.split(" ");
  const full = date.length === 7 ? `${date}-01` : date;
  return Date.parse(`${full}T${time}:00Z`);
}

const next = (at: number, granularity: Granularity): number => {
  if (granularity === "month") {
    const date = new Date(at);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  }
  return at + (granularity === "minute" ? MINUTE : granularity === "hour" ? HOUR : DAY);
};

const floor = (at: number, granularity: Granularity): number => {
  const date = new Date(at);
  if (granularity === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const step = granularity === "minute" ? MINUTE : granularity === "hour" ? HOUR : DAY;
  return Math.floor(at / step) * step;
};

/** Every span from `start` to `end` with its cost. */
export function fillTrends(rows: readonly Trend[], granularity: Granularity, start: number, end: number): TrendPoint[] {
  const found = new Map(rows.map((row) => [trendStart(row._id), row]));
  const points: TrendPoint[] = [];
  for (let at = floor(start, granularity); at < end; at = next(at, granularity)) {
    const row = found.get(at);
    points.push({
      at,
      cost: row?.totalCost ?? 0,
      executions: row?.executionCount ?? 0,
      averageDuration: row && row.executionCount > 0 ? row.averageDuration : null,
    });
  }
  return points;
}
