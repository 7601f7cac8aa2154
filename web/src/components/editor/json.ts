/** Reading the JSON that somebody types. */
import type { Mistake } from "./CodeEditor";

export type ParsedJson = { ok: true; value: unknown } | { ok: false; mistake: Mistake };

/** Parses `text`; nothing at all is `{}`, as it is for the API. */
export function parseJson(text: string): ParsedJson {
  if (text.trim() === "") return { ok: true, value: {} };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, mistake: { message: `This is not JSON: ${message}`, ...placeOf(message, text) } };
  }
}

/** Where a parser says that it stumbled: browsers tell a line and column, or a position, or nothing. */
function placeOf(message: string, text: string): { line: number; column: number } {
  const named = /line (\d+) column (\d+)/.exec(message);
  if (named?.[1] && named[2]) return { line: Number(named[1]), column: Number(named[2]) };
  const position = /position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  const lines = before.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** JSON over several lines. */
export const prettyJson = (value: unknown) => JSON.stringify(value, null, 2) ?? "null";
