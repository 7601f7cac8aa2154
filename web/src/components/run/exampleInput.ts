/** The input that a function is first offered with. */
import { prettyJson } from "../editor/json";
import type { ListedFn, Sample } from "@/lib/api/types";

/** The example input of the sample with the same name or code, otherwise an empty object. */
export function exampleInput(fn: Pick<ListedFn, "name" | "code">, samples: readonly Sample[] | undefined): string {
  const sample = samples?.find(({ name, code }) => name === fn.name || code === fn.code);
  return prettyJson(sample?.input ?? {});
}
