/**
 * Who is signed in. The key is in memory and in the session storage of this tab; `handover.ts` passes
 * it to other tabs. Requests (`api/client.ts`) and the live connection (`live/socket.ts`) send it.
 */
import { type ApiError, getAs, listenForRefusal, sendKey, toApiError } from "../api/client";
import type { ApiKey, SessionAnswer, SessionKey } from "../api/types";
import { createStore, useStore } from "../store";
import { Handover } from "./handover";
import { lossOf } from "./reasons";
import { type Permission, refusalOf } from "./roles";
import { readKey, storeKey } from "./storage";

export type Session =
  /** The server or the other tabs have not answered yet. */
  | { state: "asking" }
  /** The server could not be asked. */
  | { state: "unknown"; error: ApiError }
  /** The server requires a key. `reason`: why the key before is not used any more. */
  | { state: "signed-out"; reason: string | null }
  /** The server requires no key. */
  | { state: "open" }
  | { state: "signed-in"; key: SessionKey; text: string };

const PATH = "/api/session";
/** How long the sign-in page waits for another tab, in ms. A later answer still signs in. */
const HANDOVER_WAIT = 300;

export const session = createStore<Session>({ state: "asking" });

/** Whether the server can store secrets: it has a key to encrypt them with. */
export const canStoreSecrets = createStore(true);

/** The names of the server's runtimes, the default one first. */
export const runtimes = createStore<readonly string[]>([]);

/** While the first key is created, a refusal without a key is expected. */
let creatingFirst = false;
let confirming = false;
/** Ends the wait for another tab. */
let waiting: ReturnType<typeof setTimeout> | undefined;

const handover = new Handover({
  current: () => {
    const now = session.get();
    return now.state === "signed-in" ? now.text : null;
  },
  onKey: (text) => {
    clearTimeout(waiting);
    const { state } = session.get();
    if (state === "asking" || state === "signed-out") void signIn(text).catch(() => leave(null));
  },
  onSignedIn: () => {
    if (session.get().state === "signed-out") handover.ask();
  },
  onSignedOut: (text) => {
    const now = session.get();
    if (now.state === "signed-in" && now.text === text) leave(null);
  },
});

/** Asks the server who is signed in, at the start and after a failure. */
export async function begin() {
  const text = readKey();
  sendKey(text);
  session.set({ state: "asking" });
  try {
    const answer = await getAs<SessionAnswer>(text, PATH);
    if (answer.authentication === "required" && text === null) return askOtherTabs();
    enter(answer, text);
  } catch (cause) {
    const error = toApiError(cause);
    if (error.status === 401) leave(lossOf(error.code));
    else session.set({ state: "unknown", error });
  }
}

function askOtherTabs() {
  waiting = setTimeout(() => {
    if (session.get().state === "asking") leave(null);
  }, HANDOVER_WAIT);
  handover.ask();
}

/**
 * Signs in with the text of a key. Fails with an {@link ApiError} when the server does not accept the
 * key, and stores nothing then.
 */
export async function signIn(text: string) {
  enter(await getAs<SessionAnswer>(text, PATH), text);
  if (session.get().state === "signed-in") handover.announceSignIn();
}

/** Forgets the key in this tab and in every other tab that uses the same one. */
export function signOut() {
  const now = session.get();
  leave(null);
  if (now.state === "signed-in") handover.announceSignOut(now.text);
}

/** The server ended the live connection because it requires a valid key. */
export function dismissed() {
  const now = session.get();
  if (creatingFirst) return;
  if (now.state === "open") requireKey();
  if (now.state !== "signed-in") return;
  const { expiresAt } = now.key;
  const expired = expiresAt !== null && new Date(expiresAt).getTime() <= Date.now();
  leave(lossOf(expired ? "key_expired" : "key_invalid"));
}

/** Asks the server again: a browser does not say why a live connection was refused. */
export async function confirm() {
  const before = session.get();
  if (confirming || creatingFirst || (before.state !== "open" && before.state !== "signed-in")) return;
  const text = before.state === "signed-in" ? before.text : null;
  confirming = true;
  try {
    const { authentication } = await getAs<SessionAnswer>(text, PATH);
    if (authentication === "required" && text === null) refused("key_required", text);
  } catch (cause) {
    const error = toApiError(cause);
    if (error.status === 401) refused(error.code, text);
  } finally {
    confirming = false;
  }
}

/** Creates the first key and signs in with it: from then on the server requires one. */
export async function withFirstKey(create: () => Promise<ApiKey>): Promise<ApiKey> {
  creatingFirst = true;
  try {
    const created = await create();
    if (created.key !== undefined) await signIn(created.key);
    return created;
  } finally {
    creatingFirst = false;
  }
}

/** Why the current key does not allow something; null when it does. */
export function useRefusal(permission: Permission): string | null {
  const now = useStore(session);
  return now.state === "signed-in" ? refusalOf(now.key.role, permission) : null;
}

listenForRefusal((error, key) => refused(error.code, key));

function refused(code: string, key: string | null) {
  const now = session.get();
  // A request that was sent with the key before says nothing about the current one.
  if (creatingFirst || (now.state === "signed-in" ? now.text !== key : now.state !== "open")) return;
  if (now.state === "open") requireKey();
  else leave(lossOf(code));
}

/** The first key was created elsewhere, perhaps in another tab, which can pass it on. */
function requireKey() {
  leave(lossOf("key_required"));
  handover.ask();
}

function enter(answer: SessionAnswer, text: string | null) {
  const key = answer.key;
  canStoreSecrets.set(answer.secrets);
  runtimes.set(answer.runtimes);
  if (answer.authentication === "off") {
    keep(null);
    session.set({ state: "open" });
  } else if (key === null || text === null) {
    leave(null);
  } else {
    keep(text);
    session.set({ state: "signed-in", key, text });
  }
}

function leave(reason: string | null) {
  keep(null);
  session.set({ state: "signed-out", reason });
}

function keep(text: string | null) {
  sendKey(text);
  storeKey(text);
}
