/** The period of the cost page, which the address holds. */
import type { CostRange } from "@/lib/api/costs";
import type { Granularity } from "@/lib/api/types";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const PRESETS = [
  { id: "1h", label: "Last hour" },
  { id: "today", label: "Today" },
  { id: "24h", label: "Last 24 hours" },
  { id: "7d", label: "Last 7 days" },
  { id: "30d", label: "Last 30 days" },
  { id: "month", label: "This month" },
  { id: "12m", label: "Last 12 months" },
] as const;

export type Preset = (typeof PRESETS)[number]["id"];

export type Choice =
  | { preset: Preset }
  /** Whole days in the time zone of the browser, `YYYY-MM-DD`. */
  | { preset: "custom"; from: string; to: string };

const isPreset = (text: string | null): text is Preset => PRESETS.some(({ id }) => id === text);

/** Midnight of a day in the time zone of the browser, `days` later; null for an invalid day. */
function midnight(day: string, days = 0): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) return null;
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number];
  const at = new Date(year, month - 1, date);
  if (at.getMonth() !== month - 1 || at.getDate() !== date) return null;
  at.setDate(date + days);
  return at.getTime();
}

const two = (value: number) => String(value).padStart(2, "0");

/** A day in the format of the address and of date fields. */
export function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The error of two days; null when they form a period. */
export function daysError(from: string, to: string): string | null {
  const [start, end] = [midnight(from), midnight(to)];
  if (start === null || end === null) return "Choose both days.";
  return end < start ? "The last day is before the first day." : null;
}

/** Reads the period from the address; the last 24 hours if it has no valid one. */
export function readChoice(params: URLSearchParams): Choice {
  const [range, from, to] = [params.get("range"), params.get("from") ?? "", params.get("to") ?? ""];
  if (isPreset(range)) return { preset: range };
  return daysError(from, to) === null ? { preset: "custom", from, to } : { preset: "24h" };
}

/** The parameters of the address. */
export const writeChoice = (choice: Choice): Record<string, string> =>
  choice.preset === "custom" ? { from: choice.from, to: choice.to } : { range: choice.preset };

/** A period in ms since 1970. `open`: it ends now. */
export interface Span {
  start: number;
  end: number;
  open: boolean;
}

/** The period of `choice` at the time `now`. Short ones start at a full minute, long ones at a full hour or day. */
export function spanOf(choice: Choice, now: number): Span {
  const back = (length: number, step: number) => ({ start: Math.floor((now - length) / step) * step, end: now, open: true });
  const date = new Date(now);
  const firstOfMonth = (months: number) => new Date(date.getFullYear(), date.getMonth() + months, 1).getTime();
  switch (choice.preset) {
    case "1h":
      return back(HOUR, MINUTE);
    case "today":
      return { start: new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime(), end: now, open: true };
    case "24h":
      return back(DAY, MINUTE);
    case "7d":
      return back(7 * DAY, HOUR);
    case "30d":
      return back(30 * DAY, HOUR);
    case "month":
      return { start: firstOfMonth(0), end: now, open: true };
    case "12m":
      return { start: firstOfMonth(-11), end: now, open: true };
    case "custom": {
      const start = midnight(choice.from) ?? now - DAY;
      const end = midnight(choice.to, 1) ?? now;
      return end > now ? { start, end: Math.max(start, now), open: true } : { start, end, open: false };
    }
  }
}

/** The period for the API. An open period has no end, so that the request stays the same and can be cached. */
export function costRange({ start, end, open }: Span): CostRange {
  const startDate = new Date(start).toISOString();
  return open ? { startDate } : { startDate, endDate: new Date(end).toISOString() };
}

const LENGTHS: Record<Granularity, number> = { minute: MINUTE, hour: HOUR, day: DAY, month: 30 * DAY };
/** The most points that a chart shows. */
const MOST_POINTS = 1_500;

export const GRANULARITIES: readonly { id: Granularity; label: string }[] = [
  { id: "minute", label: "By minute" },
  { id: "hour", label: "By hour" },
  { id: "day", label: "By day" },
  { id: "month", label: "By month" },
];

/** Whether a period has few enough steps of this length. */
export const fits = (span: Span, granularity: Granularity) => (span.end - span.start) / LENGTHS[granularity] <= MOST_POINTS;

/** The length of a step: the wished one if it fits, otherwise one that suits the period. */
export function granularityOf(span: Span, wished: string | null): Granularity {
  const found = GRANULARITIES.find(({ id }) => id === wished);
  if (found && fits(span, found.id)) return found.id;
  const length = span.end - span.start;
  return length <= 2 * HOUR ? "minute" : length <= 8 * DAY ? "hour" : length <= 100 * DAY ? "day" : "month";
}
