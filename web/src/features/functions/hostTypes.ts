/**
 * What code finds in `context`: read from the declaration file of the server, for completions and
 * for a hint about calls of functions that do not exist. The file is the one that
 * `GET /api/types.d.ts` returns, so only its form is understood.
 */
import type { Mistake } from "@/components/editor/CodeEditor";

export interface HostFunction {
  name: string;
  /** The parameter and the result, such as `(argument: Reserve): Promise<Reserved>`. */
  signature: string;
}

export interface HostTypes {
  /** The members of `context`, with their types. */
  members: ReadonlyMap<string, string>;
  /** The bindings, with their functions. */
  bindings: ReadonlyMap<string, readonly HostFunction[]>;
}

export function readHostTypes(file: string): HostTypes {
  const members = new Map<string, string>();
  const bindings = new Map<string, HostFunction[]>();
  let functions: HostFunction[] | null = null;
  for (const line of file.split("\n")) {
    const member = /^ {2}readonly (\w+)\??: (.+);$/.exec(line);
    if (member?.[1] && member[2]) members.set(member[1], member[2]);
    const binding = /^ {2}namespace (\w+) \{$/.exec(line);
    if (binding?.[1]) bindings.set(binding[1], (functions = []));
    const method = /^ {6}(\w+)(\(.*\): .+);$/.exec(line);
    if (method?.[1] && method[2]) functions?.push({ name: method[1], signature: method[2] });
  }
  return { members, bindings };
}

export interface Completion {
  label: string;
  detail: string;
  kind: "property" | "method";
}

/** What can follow a text that ends in the name of a member of `context` or of a binding. */
export function completionsAfter(text: string, { members, bindings }: HostTypes): { typed: string; options: Completion[] } | null {
  const inBinding = /\bcontext\s*\.\s*(\w+)\s*\.\s*(\w*)$/.exec(text);
  if (inBinding) {
    const functions = bindings.get(inBinding[1] ?? "");
    if (!functions) return null;
    return {
      typed: inBinding[2] ?? "",
      options: functions.map(({ name, signature }) => ({ label: name, detail: signature, kind: "method" })),
    };
  }
  const inContext = /\bcontext\s*\.\s*(\w*)$/.exec(text);
  if (!inContext) return null;
  return {
    typed: inContext[1] ?? "",
    options: [...members].map(([label, detail]) => ({ label, detail, kind: "property" })),
  };
}

/** The first call of a function that its binding does not have. */
export function findUnknownFunction(code: string, { bindings }: HostTypes): Mistake | null {
  for (const found of code.matchAll(/\bcontext\s*\.\s*(\w+)\s*\.\s*(\w+)(?=\s*\()/g)) {
    const [text, binding = "", name = ""] = found;
    const functions = bindings.get(binding);
    if (!functions || functions.some((known) => known.name === name)) continue;
    const before = code.slice(0, found.index + text.length - name.length).split("\n");
    const known = functions.map((one) => one.name).join(", ");
    return {
      message: `${binding} has no function ${name}: it has ${known || "none"}`,
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
    };
  }
  return null;
}
