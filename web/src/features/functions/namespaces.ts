/** The namespaces of keys and values in the form: `own`, a name, or several as `CACHE=cache, KV=own`. */
import type { Fn } from "@/lib/api/types";

type Kv = Fn["config"]["kv"];

/** What stands for the function's own namespace. */
const OWN = "own";

const nameOf = (target: boolean | string) => (typeof target === "string" ? target : OWN);
const targetOf = (name: string) => (name === OWN ? true : name);

/** The text of the field. */
export function textOf(kv: Kv): string {
  if (kv === null) return "";
  if (typeof kv !== "object") return nameOf(kv);
  return Object.entries(kv).map(([name, target]) => `${name}=${nameOf(target)}`).join(", ");
}

const partsOf = (text: string) => text.split(",").map((part) => part.trim()).filter(Boolean);

/** The configuration in a text that was checked; null for none. */
export function namespacesIn(text: string): Kv {
  const parts = partsOf(text);
  const first = parts[0];
  if (first === undefined) return null;
  if (parts.length === 1 && !first.includes("=")) return targetOf(first);
  return Object.fromEntries(parts.map((part) => part.split("=").map((side) => side.trim())).map(([name = "", target = ""]) => [name, targetOf(target)]));
}

/** Why a text cannot be sent; null if it can. */
export function checkNamespaces(text: string): string | null {
  const parts = partsOf(text);
  const isSeveral = parts.length > 1 || text.includes("=");
  const pattern = isSeveral ? /^[A-Za-z_][A-Za-z0-9_]{0,63}\s*=\s*[A-Za-z0-9_.-]{1,64}$/ : /^[A-Za-z0-9_.-]{1,64}$/;
  const wrong = parts.find((part) => !pattern.test(part));
  if (wrong === undefined) return null;
  const shown = wrong.slice(0, 64);
  return isSeveral ? `Invalid: ${shown}. Write NAME=namespace, with commas between several.` : `Invalid name: ${shown}. Use letters A to Z, digits, _, - and dots.`;
}
