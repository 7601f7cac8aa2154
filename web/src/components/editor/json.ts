/** Parses JSON that somebody types. */
import type { Mistake } from "./CodeEditor";
import { whereJsonEnds } from "./jsonPlace";

export type ParsedJson = { ok: true; value: unknown } | { ok: false; mistake: Mistake };

/** Parses `text`. An empty text is `{}`, as it is for the API. */
export function parseJson(text: string): ParsedJson {
  if (text.trim() === "") return { ok: true, value: {} };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, mistake: { message: `Invalid JSON: ${message}`, ...placeOf(text) } };
  }
}

function placeOf(text: string): { line: number; column: number } {
  const lines = text.slice(0, whereJsonEnds(text)).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Formats a value as indented JSON. */
export const prettyJson = (value: unknown) => JSON.stringify(value, null, 2) ?? "null";
