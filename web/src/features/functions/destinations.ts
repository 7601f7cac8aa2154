/** The destinations of a function, as typed and as sent. */
import type { Destinations, DestinationTarget } from "@/lib/api/types";

export const LISTS = [
  { id: "onSuccess", label: "It completes" },
  { id: "onFailure", label: "It fails for good" },
  { id: "onEnd", label: "It ends either way" },
] as const;

export const KINDS = [
  { id: "function", label: "Run a function", field: "Function", hint: "my-other-function" },
  { id: "webhook", label: "Post to a URL", field: "URL", hint: "https://example.com/hook" },
  { id: "binding", label: "Call the host", field: "Host function", hint: "binding.function" },
] as const;

export type ListId = (typeof LISTS)[number]["id"];
export type KindId = (typeof KINDS)[number]["id"];

export interface DestinationRow {
  /** Identifies the row while it is edited. */
  id: number;
  list: ListId;
  kind: KindId;
  /** The name of the function, the URL, or the name of the host function. */
  target: string;
  /** The secret that signs a webhook; empty for none. */
  secret: string;
}

export interface DestinationsDraft {
  destinations: readonly DestinationRow[];
}

/** The most rows of one list. */
const MOST = 5;

let last = 0;

export const newDestination = (): DestinationRow => ({ id: ++last, list: "onFailure", kind: "function", target: "", secret: "" });

function rowOf(list: ListId, target: DestinationTarget): DestinationRow {
  const row = { ...newDestination(), list };
  if (target.webhook) return { ...row, kind: "webhook", target: target.webhook.url, secret: target.webhook.secret ?? "" };
  if (target.binding !== undefined) return { ...row, kind: "binding", target: target.binding };
  return { ...row, kind: "function", target: target.function ?? "" };
}

export const destinationsOf = (destinations: Destinations | null): DestinationsDraft => ({
  destinations: LISTS.flatMap(({ id }) => (destinations?.[id] ?? []).map((target) => rowOf(id, target))),
});

/** The error of one row. */
export function checkDestination({ kind, target }: DestinationRow): string | null {
  const text = target.trim();
  if (!text) return "Enter where the result goes.";
  if (kind === "webhook" && !/^https?:\/\/\S+$/.test(text)) return "Enter a URL that begins with https:// or http://.";
  if (kind === "binding" && !/^[^.]+\.[^.]+$/.test(text)) return "Enter a name such as binding.function.";
  return null;
}

/** The error of all rows together. */
export function checkDestinations({ destinations }: DestinationsDraft): string | null {
  const full = LISTS.find(({ id }) => destinations.filter(({ list }) => list === id).length > MOST);
  if (full) return `At most ${MOST} destinations for: ${full.label.toLowerCase()}.`;
  return destinations.some((row) => checkDestination(row) !== null) ? "A destination is invalid." : null;
}

function targetIn({ kind, target, secret }: DestinationRow): DestinationTarget {
  const text = target.trim();
  if (kind === "webhook") return { webhook: { url: text, ...(secret.trim() ? { secret: secret.trim() } : {}) } };
  return kind === "binding" ? { binding: text } : { function: text };
}

/** The destinations to send; null for none. */
export function destinationsIn({ destinations }: DestinationsDraft): Destinations | null {
  if (destinations.length === 0) return null;
  const lists = LISTS.map(({ id }) => [id, destinations.filter(({ list }) => list === id).map(targetIn)] as const);
  return Object.fromEntries(lists.filter(([, targets]) => targets.length > 0));
}

/** Where a delivery goes, for people. */
export const shownTarget = ({ webhook, binding, function: name }: DestinationTarget) =>
  webhook ? `POST ${webhook.url}` : binding === undefined ? `Function ${name ?? ""}` : `Host function ${binding}`;
