/** The times of schedules in words. */
import type { Schedule } from "@/lib/api/types";
import { formatMoment } from "@/lib/format";

/** When a schedule fires. */
export function describeTimes({ cron, timeZone, every, at }: Schedule): string {
  if (cron !== undefined) return `${cron} (${timeZone ?? "UTC"})`;
  if (every !== undefined) return `every ${every}`;
  return at === undefined ? "" : `once, at ${formatMoment(at)}`;
}

/** A moment in the zone of a schedule; null where that is the zone of the viewer. */
export function inZone(moment: string, timeZone: string | undefined): string | null {
  if (timeZone === undefined) return null;
  const inOf = (zone: string | undefined) =>
    new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", timeZone: zone }).format(new Date(moment));
  const there = inOf(timeZone);
  return there === inOf(undefined) ? null : `${there} in ${timeZone}`;
}
