/** Today and yesterday in the time zone of the browser. */
import type { CostRange } from "@/lib/api/costs";
import { formatPercent } from "@/lib/format";

const midnight = (now: number, days: number) => {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).toISOString();
};

/** From midnight until now. */
export const today = (now: number): CostRange => ({ startDate: midnight(now, 0) });

/** The whole of yesterday. */
export const yesterday = (now: number): CostRange => ({ startDate: midnight(now, -1), endDate: midnight(now, 0) });

/** Compares the cost of today so far with all of yesterday, in words. */
export function compare(today: number, yesterday: number): string {
  if (yesterday === 0) return "no cost yesterday";
  const percent = ((today - yesterday) * 100) / yesterday;
  const sign = percent >= 0 ? "+" : "−";
  return `${sign}${formatPercent(Math.abs(percent))} vs. yesterday`;
}

/** The name of the browser's time zone, such as Europe/Berlin. */
export const timeZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;
