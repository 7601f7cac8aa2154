/** The contents of the form, and whether they can be sent. */
import type { Fn, NewFunction, Sample } from "@/lib/api/types";
import { checkNamespaces, namespacesIn, textOf } from "./namespaces";
import { checkRoutes, httpOf, settingsOf, type HttpAccess } from "./http";
import { checkEgress, egressIn, egressOf, type EgressDraft } from "./egress";
import { checkRetry, retryIn, retryOf, type RetryDraft } from "./retry";
import { changeOf, checkAmount, checkEntries, entriesOf, type Entry } from "./environment";

/** The fields, as typed. */
export interface Draft extends EgressDraft, RetryDraft {
  name: string;
  description: string;
  code: string;
  /** Seconds. */
  timeout: string;
  retries: string;
  /** How many may run at once; empty for no limit. */
  concurrency: string;
  /** How many with the same key may run at once; empty for one. */
  perKey: string;
  /** The name of the runtime; empty for the server's first one. */
  runtime: string;
  /** MiB; empty for what the tier gives. */
  memory: string;
  /** Names with commas between them; null for the bindings that are open to every function. */
  bindings: string | null;
  /** Namespaces of keys and values; empty for none. */
  kv: string;
  /** Who may send HTTP requests. */
  http: HttpAccess;
  /** One route a line; empty for all paths. */
  routes: string;
  /** Origins with commas between them whose pages may read responses. */
  origins: string;
  environment: readonly Entry[];
}

export type DraftErrors = Partial<Record<keyof Draft, string>>;

const STARTER = `// The input and the result are JSON.
return { greeting: \`Hello, \${input.name ?? "world"}!\` };
`;

export const EMPTY: Draft = { name: "", description: "", code: STARTER, timeout: "30", retries: "3", concurrency: "", perKey: "", runtime: "", memory: "", bindings: null, kv: "", http: "off", routes: "", origins: "", egress: "server", allow: [], deny: [], ...retryOf(null), environment: [] };

const numberText = (number: number | null) => number === null ? "" : String(number);

const numberIn = (text: string) => text.trim() ? Number(text) : null;

export const draftOf = (fn: Fn): Draft => ({
  name: fn.name,
  description: fn.description,
  code: fn.code,
  timeout: String(fn.config.timeout / 1000),
  retries: String(fn.config.retryCount),
  concurrency: numberText(fn.config.concurrency),
  perKey: numberText(fn.config.concurrencyPerKey),
  runtime: fn.config.runtime ?? "",
  memory: numberText(fn.config.memory),
  bindings: fn.config.bindings?.join(", ") ?? null,
  kv: textOf(fn.config.kv),
  ...httpOf(fn.config.http),
  ...egressOf(fn.config.egress),
  ...retryOf(fn.config.retry),
  environment: entriesOf(fn.config),
});

export const draftOfSample = (sample: Sample, draft: Draft): Draft => ({
  ...draft,
  name: sample.name,
  description: sample.description,
  code: sample.code,
});

/** Takes the code of a file, and its name if the form has none. */
export const draftOfFile = (file: { name: string }, code: string, draft: Draft): Draft => ({
  ...draft,
  code,
  name: draft.name || file.name.replace(/\.[^.]*$/, ""),
  description: draft.description || `From ${file.name}`,
});

/** The timeout in ms; 30 s while the field has no valid number. */
export const timeoutOf = (draft: Draft) => {
  const seconds = Number(draft.timeout);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 30_000;
};

/** The names in a text with commas or spaces between them. */
const namesOf = (text: string | null) => text === null ? null : [...new Set(text.split(/[\s,]+/).filter(Boolean))];

function checkBindings(names: readonly string[]): string | null {
  if (names.length > 64) return `Too many bindings: ${names.length}, at most 64 are allowed.`;
  const wrong = names.find((name) => !/^[A-Za-z0-9_]{1,64}$/.test(name));
  if (wrong === undefined) return null;
  return `Invalid name: ${wrong.slice(0, 64)}. Use 1 to 64 letters A to Z, digits and _.`;
}

/** The errors that prevent sending. */
export function check(draft: Draft): DraftErrors {
  const errors: DraftErrors = {};
  if (!draft.name.trim()) errors.name = "Enter a name.";
  else if ([...draft.name].length > 128) errors.name = "Use at most 128 characters.";
  if (!draft.description.trim()) errors.description = "Describe in a few words what it does.";
  if (!draft.code.trim()) errors.code = "Enter the code.";
  const timeout = Number(draft.timeout);
  if (!(timeout >= 0.001) || !draft.timeout.trim()) errors.timeout = "Enter seconds above 0.";
  const retries = Number(draft.retries);
  if (!Number.isInteger(retries) || retries < 0 || retries > 10 || !draft.retries.trim()) {
    errors.retries = "Enter a whole number from 0 to 10.";
  }
  Object.assign(errors, checkRetry(draft));
  for (const field of ["concurrency", "perKey", "memory"] as const) {
    const number = numberIn(draft[field]);
    if (number !== null && (!Number.isInteger(number) || number < 1)) errors[field] = "Enter a whole number above 0, or nothing.";
  }
  const bindings = checkBindings(namesOf(draft.bindings) ?? []);
  if (bindings) errors.bindings = bindings;
  const namespaces = checkNamespaces(draft.kv);
  if (namespaces) errors.kv = namespaces;
  const routes = draft.http === "off" ? null : checkRoutes(draft.routes);
  if (routes) errors.routes = routes;
  const egress = checkEgress(draft);
  if (egress) errors.egress = egress;
  const amount = checkAmount(draft.environment);
  if (amount) errors.environment = amount;
  else if (checkEntries(draft.environment).size > 0) errors.environment = "An entry of the environment is invalid.";
  return errors;
}

/** The request that creates a function, or changes `fn`. */
export const toUpload = (draft: Draft, fn: Fn | null): NewFunction => ({
  name: draft.name,
  description: draft.description,
  code: draft.code,
  config: {
    timeout: Math.round(Number(draft.timeout) * 1000),
    retryCount: Number(draft.retries),
    retry: retryIn(draft),
    concurrency: numberIn(draft.concurrency),
    concurrencyPerKey: numberIn(draft.perKey),
    runtime: draft.runtime || null,
    memory: numberIn(draft.memory),
    bindings: namesOf(draft.bindings),
    kv: namespacesIn(draft.kv),
    http: settingsOf(draft, fn?.config.http ?? null),
    egress: egressIn(draft),
    ...changeOf(draft.environment, fn?.config ?? null),
  },
});
