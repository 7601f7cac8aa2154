/** The periods that reports are about, as they are named in the address of the page. */
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
  { id: "custom", label: "From … to …" },
] as const;

export type PresetId = (typeof PRESETS)[number]["id"];

/** A period, and the range that the API is asked for. */
export interface ChosenRange {
  preset: PresetId;
  start: number;
  end: number;
  /** Without an end where it is now: what finishes meanwhile counts. */
  query: CostRange;
  /** What is wrong with dates that were typed. */
  error: string | null;
}

const isPreset = (id: string | null): id is PresetId => PRESETS.some((preset) => preset.id === id);

const two = (value: number) => String(value).padStart(2, "0");

/** A date as an input field has it, in the reader's own zone. */
export const toDateField = (at: number) => {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

const fromDateField = (text: string | null) => (text && /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00`).getTime() : NaN);

/** The period that `params` name. `now` is rounded by the caller: each other value is another question. */
export function readRange(params: URLSearchParams, now: number): ChosenRange {
  const named = params.get("range");
  const preset = isPreset(named) ? named : "24h";
  const today = fromDateField(toDateField(now));
  const upToNow = (start: number): ChosenRange => ({
    preset,
    start,
    end: now,
    query: { startDate: new Date(start).toISOString() },
    error: null,
  });
  switch (preset) {
    case "1h":
      return upToNow(now - HOUR);
    case "today":
      return upToNow(today);
    case "24h":
      return upToNow(now - DAY);
    case "7d":
      return upToNow(now - 7 * DAY);
    case "30d":
      return upToNow(now - 30 * DAY);
    case "month": {
      const date = new Date(now);
      return upToNow(new Date(date.getFullYear(), date.getMonth(), 1).getTime());
    }
    case "custom": {
      const start = fromDateField(params.get("from"));
      const last = fromDateField(params.get("to"));
      // The end takes its whole day in, also where a day has not 24 hours.
      const end = new Date(new Date(last).setDate(new Date(last).getDate() + 1)).getTime();
      if (!Number.isFinite(start) || !Number.isFinite(end)) return { ...upToNow(today), error: "Both dates are needed." };
      if (end <= start) return { ...upToNow(today), error: "It ends before it begins." };
      return { preset, start, end, query: { startDate: new Date(start).toISOString(), endDate: new Date(end).toISOString() }, error: null };
    }
  }
}

/** More bars than these cannot be told apart. */
const MOST = 400;
const LENGTH: Record<Granularity, number> = { minute: MINUTE, hour: HOUR, day: DAY, month: 30 * DAY };

/** Into which spans a period can be cut, finest first. */
export function granularities({ start, end }: Pick<ChosenRange, "start" | "end">): Granularity[] {
  const all: Granularity[] = ["minute", "hour", "day", "month"];
  const fit = all.filter((granularity) => (end - start) / LENGTH[granularity] <= MOST);
  return fit.length > 0 ? fit : ["month"];
}

/** The span that shows most without being too fine to read. */
export function usualGranularity(range: Pick<ChosenRange, "start" | "end">): Granularity {
  const readable = granularities(range).find((granularity) => (range.end - range.start) / LENGTH[granularity] <= 170);
  return readable ?? "month";
}
