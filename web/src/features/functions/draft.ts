/** What is in the form, and whether it can be sent. */
import type { Fn, NewFunction, Sample } from "@/lib/api/types";
import { changeOf, checkAmount, checkEntries, entriesOf, type Entry } from "./environment";

/** The fields as they are typed. */
export interface Draft {
  name: string;
  description: string;
  code: string;
  /** Seconds. */
  timeout: string;
  retries: string;
  environment: readonly Entry[];
}

export type DraftErrors = Partial<Record<keyof Draft, string>>;

const STARTER = `// The input is JSON, and so is what is returned.
return { greeting: \`Hello, \${input.name ?? "world"}!\` };
`;

export const EMPTY: Draft = { name: "", description: "", code: STARTER, timeout: "30", retries: "3", environment: [] };

export const draftOf = (fn: Fn): Draft => ({
  name: fn.name,
  description: fn.description,
  code: fn.code,
  timeout: String(fn.config.timeout / 1000),
  retries: String(fn.config.retryCount),
  environment: entriesOf(fn.config),
});

export const draftOfSample = (sample: Sample, draft: Draft): Draft => ({
  ...draft,
  name: sample.name,
  description: sample.description,
  code: sample.code,
});

/** A file's code, and its name where there is none yet. */
export const draftOfFile = (file: { name: string }, code: string, draft: Draft): Draft => ({
  ...draft,
  code,
  name: draft.name || file.name.replace(/\.[^.]*$/, ""),
  description: draft.description || `From ${file.name}`,
});

/** The timeout in ms, as far as it is a number. */
export const timeoutOf = (draft: Draft) => {
  const seconds = Number(draft.timeout);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 30_000;
};

/** What keeps it from being sent. */
export function check(draft: Draft): DraftErrors {
  const errors: DraftErrors = {};
  if (!draft.name.trim()) errors.name = "It needs a name.";
  else if ([...draft.name].length > 128) errors.name = "A name has at most 128 characters.";
  if (!draft.description.trim()) errors.description = "Say in a few words what it does.";
  if (!draft.code.trim()) errors.code = "There is no code.";
  const timeout = Number(draft.timeout);
  if (!(timeout >= 0.001) || !draft.timeout.trim()) errors.timeout = "Seconds above 0.";
  const retries = Number(draft.retries);
  if (!Number.isInteger(retries) || retries < 0 || retries > 10 || !draft.retries.trim()) {
    errors.retries = "A whole number from 0 to 10.";
  }
  const amount = checkAmount(draft.environment);
  if (amount) errors.environment = amount;
  else if (checkEntries(draft.environment).size > 0) errors.environment = "Something in the environment is not right yet.";
  return errors;
}

/** What is sent to make a new function of it, or to make `fn` into it. */
export const toUpload = (draft: Draft, fn: Fn | null): NewFunction => ({
  name: draft.name,
  description: draft.description,
  code: draft.code,
  config: {
    timeout: Math.round(Number(draft.timeout) * 1000),
    retryCount: Number(draft.retries),
    ...changeOf(draft.environment, fn?.config ?? null),
  },
});
