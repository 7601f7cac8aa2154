/** Finding functions by what people remember of them. */
import type { Fn } from "@/lib/api/types";

/** Whether every word of `search` is in the name, description, tier or status. */
export function matches(fn: Pick<Fn, "name" | "description" | "tier" | "status">, search: string): boolean {
  const text = `${fn.name}\n${fn.description}\n${fn.tier}\n${fn.status}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
