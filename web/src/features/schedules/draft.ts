/** What the form of a schedule holds, and the request that it becomes. */
import type { MissedFirings, Schedule, ScheduleChange, ScheduleTimes } from "@/lib/api/types";

export type Kind = "cron" | "every" | "at";

export interface Draft {
  functionId: string;
  name: string;
  kind: Kind;
  cron: string;
  timeZone: string;
  every: string;
  /** The time of a single firing in the zone of the viewer, as `datetime-local` has it. */
  at: string;
  /** JSON, or empty. */
  input: string;
  missed: MissedFirings;
}

const localZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment as the value of a `datetime-local` field, in the zone of the viewer. */
function toLocal(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

export function draftOf(schedule: Schedule | null, functionId: string): Draft {
  const kind = schedule?.every !== undefined ? "every" : schedule?.at !== undefined ? "at" : "cron";
  return {
    functionId: schedule?.functionId ?? functionId,
    name: schedule?.name ?? "",
    kind,
    cron: schedule?.cron ?? "0 9 * * *",
    timeZone: schedule?.timeZone ?? localZone(),
    every: schedule?.every ?? "5m",
    at: schedule?.at === undefined ? "" : toLocal(schedule.at),
    input: schedule?.input === undefined ? "" : JSON.stringify(schedule.input, null, 2),
    missed: schedule?.missed ?? "once",
  };
}

/** The times of the draft; null while they are not complete. */
export function timesOf(draft: Draft): ScheduleTimes | null {
  switch (draft.kind) {
    case "cron":
      return draft.cron.trim() === "" ? null : { cron: draft.cron.trim(), timeZone: draft.timeZone.trim() || "UTC" };
    case "every":
      return draft.every.trim() === "" ? null : { every: draft.every.trim() };
    case "at": {
      const at = new Date(draft.at);
      return Number.isNaN(at.getTime()) ? null : { at: at.toISOString() };
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function errorsOf(draft: Draft) {
  return {
    functionId: draft.functionId === "" ? "Choose a function." : null,
    name: draft.name.trim() === "" ? "Enter a name." : null,
    times: timesOf(draft) === null ? (draft.kind === "at" ? "Enter a date and a time." : "Enter when it fires.") : null,
    input: draft.input.trim() === "" || isJson(draft.input) ? null : "Enter JSON, or nothing.",
  };
}

/** The request of a draft without errors. */
export function requestOf(draft: Draft): ScheduleChange & { name: string } {
  const input: unknown = draft.input.trim() === "" ? null : JSON.parse(draft.input);
  return { name: draft.name.trim(), missed: draft.missed, input, ...timesOf(draft) };
}
