/** Checks the code a moment after the last change. The parser is loaded with the first check. */
import { useEffect, useState } from "react";
import type { Mistake } from "@/components/editor/CodeEditor";

/** The pause after a change, in ms. */
const PAUSE = 500;
/** Longer code is left to the server: parsing it would make typing slow. */
const LONGEST = 256 * 1024;

/** A probable syntax error; null while there is none, and while the code is changing. */
export function useSyntaxHint(code: string): Mistake | null {
  const [found, setFound] = useState<{ code: string; mistake: Mistake | null } | null>(null);
  useEffect(() => {
    if (code.length > LONGEST) return;
    let current = true;
    const timer = setTimeout(() => {
      import("./syntaxCheck").then(
        ({ findSyntaxError }) => {
          if (current) setFound({ code, mistake: findSyntaxError(code) });
        },
        // The parser could not be loaded. The server checks the code anyway.
        () => {},
      );
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [code]);
  return found?.code === code ? found.mistake : null;
}
