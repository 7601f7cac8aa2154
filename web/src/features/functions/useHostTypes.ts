/** The host's functions in the editor: completions, and a hint about calls that cannot succeed. */
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { typesQuery } from "@/lib/api/functions";
import { completionsAfter, findUnknownFunction, readHostTypes } from "./hostTypes";

/** How far before the cursor an expression may begin. */
const FURTHEST = 200;

export function useHostTypes(code: string) {
  const file = useQuery(typesQuery()).data;
  const types = useMemo(() => (file === undefined ? null : readHostTypes(file)), [file]);
  const unknown = useMemo(() => (types ? findUnknownFunction(code, types) : null), [code, types]);
  // The editor keeps its source of completions, so that it is not made anew when the types arrive.
  const current = useRef(types);
  useEffect(() => {
    current.current = types;
  }, [types]);
  const complete = useCallback(({ state, pos }: CompletionContext): CompletionResult | null => {
    const before = state.sliceDoc(Math.max(0, pos - FURTHEST), pos);
    const found = current.current && completionsAfter(before, current.current);
    if (!found) return null;
    return {
      from: pos - found.typed.length,
      options: found.options.map(({ label, detail, kind }) => ({ label, detail, type: kind })),
      validFor: /^\w*$/,
    };
  }, []);
  return { complete, unknown };
}
