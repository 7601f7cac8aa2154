/** The contents of the form, with what is unsaved. */
import { useCallback, useEffect, useRef, useState } from "react";
import { dropDraft, keepDraft, keptDraft } from "@/lib/drafts";
import type { Draft } from "./draft";

const contents = ({ environment, ...rest }: Draft) =>
  JSON.stringify([rest, environment.map(({ secret, name, value }) => [secret, name, value])]);

interface DraftState {
  draft: Draft;
  setDraft: (change: (old: Draft) => Draft) => void;
  /** Whether the draft differs from what the server has. False after `markSaved`. */
  isUnsaved: () => boolean;
  markSaved: () => void;
  /** Whether the form began with changes from before the last sign-in. */
  restored: boolean;
  /** Returns to what the server has. */
  reset: () => void;
}

/** `form`: names the form among all forms with unsaved changes. */
export function useDraft(form: string, saved: Draft): DraftState {
  // What the server had when the form was opened; a later refetch does not replace what is typed.
  const [original] = useState(saved);
  const [kept] = useState(() => keptDraft<Draft>(form));
  const [draft, setDraft] = useState(kept ?? original);
  const [restored, setRestored] = useState(kept !== null);
  const done = useRef(false);
  const dirty = contents(draft) !== contents(original);
  useEffect(() => {
    if (dirty && !done.current) keepDraft(form, draft);
    else dropDraft(form);
  }, [form, draft, dirty]);
  const isUnsaved = useCallback(() => dirty && !done.current, [dirty]);
  const markSaved = useCallback(() => {
    done.current = true;
    dropDraft(form);
  }, [form]);
  const reset = () => {
    setDraft(original);
    setRestored(false);
  };
  return { draft, setDraft, isUnsaved, markSaved, restored, reset };
}
