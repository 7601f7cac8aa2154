/** The variables and secrets in the form, and what of them is sent. */
import type { FunctionConfig, NewFunction } from "@/lib/api/types";

/** One line of the form. */
export interface Entry {
  /** Its own for as long as the form is open. */
  id: number;
  secret: boolean;
  name: string;
  /** As it is typed; null for a secret that stays as the server has it. */
  value: string | null;
  /** When the server was given this secret; null for what it does not have. */
  setAt: string | null;
}

export type EntryErrors = Partial<Record<"name" | "value", string>>;

/** What the server allows, variables and secrets together. */
const MOST = 100;
const MOST_BYTES = 64 * 1024;

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

let last = 0;

export const newEntry = (secret: boolean): Entry => ({ id: ++last, secret, name: "", value: "", setAt: null });

export const entriesOf = ({ env, secrets }: FunctionConfig): Entry[] => [
  ...Object.entries(env).map(([name, value]) => ({ ...newEntry(false), name, value })),
  ...secrets.map(({ name, setAt }) => ({ ...newEntry(true), name, value: null, setAt })),
];

/** A line that nothing was typed into is as good as none. */
const isBlank = ({ name, value }: Entry) => !name.trim() && value === "";

/** What is wrong with single lines, by their ids. */
export function checkEntries(entries: readonly Entry[]): Map<number, EntryErrors> {
  const wrong = new Map<number, EntryErrors>();
  const seen = new Set<string>();
  for (const { id, secret, name, value } of entries.filter((entry) => !isBlank(entry))) {
    const errors: EntryErrors = {};
    if (!name.trim()) errors.name = "It needs a name.";
    else if (!NAME.test(name)) errors.name = "Letters A to Z, digits and _, no digit first, at most 128.";
    else if (seen.has(name)) errors.name = "This name is there already.";
    if (secret && value === "") errors.value = "A secret needs a value.";
    seen.add(name);
    if (Object.keys(errors).length > 0) wrong.set(id, errors);
  }
  return wrong;
}

const bytes = (text: string | null) => new TextEncoder().encode(text ?? "").length;

/** What is wrong with all of them together; null when nothing is. */
export function checkAmount(entries: readonly Entry[]): string | null {
  const given = entries.filter((entry) => !isBlank(entry));
  if (given.length > MOST) return `There are ${given.length}: at most ${MOST} are allowed.`;
  const size = given.reduce((sum, { name, value }) => sum + bytes(name) + bytes(value), 0);
  if (size > MOST_BYTES) return `They have ${size} bytes together: at most ${MOST_BYTES} are allowed.`;
  return null;
}

type Change = Pick<NonNullable<NewFunction["config"]>, "env" | "secrets">;

/** What makes `before` into what the form says: names that are set, and null for those that are gone. */
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
