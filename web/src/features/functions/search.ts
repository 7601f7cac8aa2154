/** The search in the list of functions. */
import type { Fn } from "@/lib/api/types";

/** Whether the name, description, tier or status contains every word of `search`. */
export function matches(fn: Pick<Fn, "name" | "description" | "tier" | "status">, search: string): boolean {
  const text = `${fn.name}\n${fn.description}\n${fn.tier}\n${fn.status}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
