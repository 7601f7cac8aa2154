/**
 * Unsaved changes, in memory. A form whose page is taken away because the key expired gets its changes
 * back after the next sign-in with the same key. Nothing is written to storage: a draft may hold secrets.
 */
import { session } from "./session/session";
import { createStore } from "./store";

interface Kept {
  /** The key that made the changes; null when the server requires none. */
  owner: string | null;
  draft: unknown;
}

/** By the name of the form. */
export const drafts = createStore<ReadonlyMap<string, Kept>>(new Map());

/** Who works here; undefined while nobody is signed in. */
function ownerNow(): string | null | undefined {
  const now = session.get();
  if (now.state === "open") return null;
  return now.state === "signed-in" ? now.key._id : undefined;
}

export function keepDraft(form: string, draft: unknown) {
  const owner = ownerNow();
  if (owner !== undefined) drafts.set(new Map(drafts.get()).set(form, { owner, draft }));
}

export function dropDraft(form: string) {
  if (!drafts.get().has(form)) return;
  const rest = new Map(drafts.get());
  rest.delete(form);
  drafts.set(rest);
}

/** The unsaved changes of a form, if they were made with the current key. */
export function keptDraft<T>(form: string): T | null {
  const kept = drafts.get().get(form);
  return kept && kept.owner === ownerNow() ? (kept.draft as T) : null;
}

/** Forgets the changes of everybody else as soon as somebody signs in. */
session.subscribe(() => {
  const owner = ownerNow();
  if (owner === undefined) return;
  const own = [...drafts.get()].filter(([, kept]) => kept.owner === owner);
  if (own.length < drafts.get().size) drafts.set(new Map(own));
});
