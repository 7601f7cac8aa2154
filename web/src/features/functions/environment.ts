/** The variables and secrets in the form, and the changes that are sent. */
import type { FunctionConfig, NewFunction } from "@/lib/api/types";

/** One line of the form. */
export interface Entry {
  /** Unique while the form is open. */
  id: number;
  secret: boolean;
  name: string;
  /** As typed; null for a secret whose value does not change. */
  value: string | null;
  /** When the server received this secret; null for a new entry or a variable. */
  setAt: string | null;
}

export type EntryErrors = Partial<Record<"name" | "value", string>>;

/** The server's limits, for variables and secrets together. */
const MOST = 100;
const MOST_BYTES = 64 * 1024;

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

let last = 0;

export const newEntry = (secret: boolean): Entry => ({ id: ++last, secret, name: "", value: "", setAt: null });

export const entriesOf = ({ env, secrets }: FunctionConfig): Entry[] => [
  ...Object.entries(env).map(([name, value]) => ({ ...newEntry(false), name, value })),
  ...secrets.map(({ name, setAt }) => ({ ...newEntry(true), name, value: null, setAt })),
];

/** An empty line is ignored. */
const isBlank = ({ name, value }: Entry) => !name.trim() && value === "";

/** The errors of single lines, by their ids. */
export function checkEntries(entries: readonly Entry[]): Map<number, EntryErrors> {
  const wrong = new Map<number, EntryErrors>();
  const seen = new Set<string>();
  for (const { id, secret, name, value } of entries.filter((entry) => !isBlank(entry))) {
    const errors: EntryErrors = {};
    if (!name.trim()) errors.name = "Enter a name.";
    else if (!NAME.test(name)) errors.name = "Use letters A to Z, digits and _. It must not start with a digit, and has at most 128 characters.";
    else if (seen.has(name)) errors.name = "This name is used twice.";
    if (secret && value === "") errors.value = "Enter a value.";
    seen.add(name);
    if (Object.keys(errors).length > 0) wrong.set(id, errors);
  }
  return wrong;
}

const bytes = (text: string | null) => new TextEncoder().encode(text ?? "").length;

/** An error of all lines together; null without one. */
export function checkAmount(entries: readonly Entry[]): string | null {
  const given = entries.filter((entry) => !isBlank(entry));
  if (given.length > MOST) return `Too many entries: ${given.length}, at most ${MOST} are allowed.`;
  const size = given.reduce((sum, { name, value }) => sum + bytes(name) + bytes(value), 0);
  if (size > MOST_BYTES) return `Too long: ${size} bytes in all, at most ${MOST_BYTES} are allowed.`;
  return null;
}

type Change = Pick<NonNullable<NewFunction["config"]>, "env" | "secrets">;

/** The change from `before` to the form: values that are set, and null for names that are removed. */
export function changeOf(entries: readonly Entry[], before: FunctionConfig | null): Change {
  const given = entries.filter((entry) => !isBlank(entry));
  const env = new Map<string, string | null>();
  const secrets = new Map<string, string | null>();
  const is = (secret: boolean, name: string) => given.some((entry) => entry.secret === secret && entry.name === name);
  for (const name of Object.keys(before?.env ?? {})) if (!is(false, name)) env.set(name, null);
  for (const { name } of before?.secrets ?? []) if (!is(true, name)) secrets.set(name, null);
  for (const { secret, name, value } of given) {
    if (secret && value !== null) secrets.set(name, value);
    if (!secret && before?.env[name] !== value) env.set(name, value);
  }
  return {
    ...(env.size > 0 ? { env: Object.fromEntries(env) } : {}),
    ...(secrets.size > 0 ? { secrets: Object.fromEntries(secrets) } : {}),
  };
}
