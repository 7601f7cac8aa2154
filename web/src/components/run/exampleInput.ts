/** What a function is first run with. */
import { prettyJson } from "../editor/json";
import type { Fn, Sample } from "@/lib/api/types";

/** The input of the sample that the function is, else an empty object. */
export function exampleInput(fn: Pick<Fn, "name" | "code">, samples: readonly Sample[] | undefined): string {
  const sample = samples?.find(({ name, code }) => name === fn.name || code === fn.code);
  return prettyJson(sample?.input ?? {});
}
