/**
 * Looks for syntax errors before the code is uploaded. The result is a hint: only the server decides,
 * and it may accept more than this parser knows.
 */
import { tsxLanguage, typescriptLanguage } from "@codemirror/lang-javascript";
import { parse, type Options } from "acorn";
import type { Mistake } from "@/components/editor/CodeEditor";

const COMMON: Options = {
  ecmaVersion: "latest",
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowHashBang: true,
};

/** The forms of code that the server accepts. A text that is valid in one of them has no syntax error. */
const FORMS: readonly { options: Options; before: string; after: string }[] = [
  { options: { ...COMMON, sourceType: "module" }, before: "", after: "" },
  // A function body in sloppy mode, which may declare `input` anew.
  { options: { ...COMMON, sourceType: "script" }, before: "", after: "" },
  // A lone function expression.
  { options: { ...COMMON, sourceType: "script" }, before: "(", after: "\n)" },
];

interface Place {
  line: number;
  column: number;
}

/** The place of a syntax error; null for an error of the parser itself, which has a bounded depth. */
function placeOf(error: unknown): Place | null {
  if (!(error instanceof SyntaxError) || error.message.startsWith("Not enough stack")) return null;
  return "loc" in error && typeof error.loc === "object" ? (error.loc as Place | null) : null;
}

/** Whether the code is TypeScript, which acorn does not know. */
function isTypeScript(code: string): boolean {
  return [typescriptLanguage, tsxLanguage].some(({ parser }) => {
    const cursor = parser.parse(code).cursor();
    do {
      if (cursor.type.isError) return false;
    } while (cursor.next());
    return true;
  });
}

/** The first syntax error, or null: the code is valid, or the parser cannot tell. */
export function findSyntaxError(code: string): Mistake | null {
  const text = code.replace(/^\uFEFF/, "");
  let furthest: Mistake | null = null;
  for (const { options, before, after } of FORMS) {
    try {
      parse(`${before}${text}${after}`, options);
      return null;
    } catch (error) {
      const place = placeOf(error);
      if (!place) return null;
      const column = place.column + 1 - (place.line === 1 ? before.length : 0);
      const message = error instanceof Error ? error.message.replace(/ \(\d+:\d+\)$/, "") : "";
      const mistake = { message, line: place.line, column: Math.max(1, column) };
      // The form that got furthest is the one that the author meant.
      if (!furthest || isAfter(mistake, furthest)) furthest = mistake;
    }
  }
  return isTypeScript(text) ? null : furthest;
}

const isAfter = (a: Place, b: Place) => a.line > b.line || (a.line === b.line && a.column > b.column);
