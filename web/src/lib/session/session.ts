/**
 * Who is signed in. The key lies in this tab's session storage and in memory, and nowhere else; it
 * goes out with requests (`api/client.ts`) and with the live connection (`live/socket.ts`).
 */
import { type ApiError, getAs, listenForRefusal, sendKey, toApiError } from "../api/client";
import type { ApiKey, SessionAnswer, SessionKey } from "../api/types";
import { createStore, useStore } from "../store";
import { lossOf } from "./reasons";
import { type Permission, refusalOf } from "./roles";

export type Session =
  | { state: "asking" }
  /** It could not be asked who this is. */
  | { state: "unknown"; error: ApiError }
  /** A key is required. `reason`: why the one before is forgotten. */
  | { state: "signed-out"; reason: string | null }
  /** No keys are in use. */
  | { state: "open" }
  | { state: "signed-in"; key: SessionKey; text: string };

const STORED = "faas.key";
const PATH = "/api/session";

export const session = createStore<Session>({ state: "asking" });

/** While the first key is made, being refused without one is no news. */
let makingFirst = false;
let confirming = false;

/** Asks who this is, at the start and whenever that is unclear. */
export async function begin() {
  const text = stored();
  sendKey(text);
  session.set({ state: "asking" });
  try {
    enter(await getAs<SessionAnswer>(text, PATH), text);
  } catch (cause) {
    const error = toApiError(cause);
    if (error.status === 401) leave(lossOf(error.code));
    else session.set({ state: "unknown", error });
  }
}

/**
 * Signs in with the text of a key.
 *
 * Fails with an {@link ApiError} when the server does not take it; nothing is kept then.
 */
export async function signIn(text: string) {
  enter(await getAs<SessionAnswer>(text, PATH), text);
}

/** Forgets the key. */
export const signOut = () => leave(null);

/** The live connection was ended because a valid key is required. */
export function dismissed() {
  const now = session.get();
  if (makingFirst) return;
  if (now.state === "open") leave(lossOf("key_required"));
  if (now.state !== "signed-in") return;
  const { expiresAt } = now.key;
  const expired = expiresAt !== null && new Date(expiresAt).getTime() <= Date.now();
  leave(lossOf(expired ? "key_expired" : "key_invalid"));
}

/** Makes sure that who this is still holds: a browser does not tell why a connection was refused. */
export async function confirm() {
  const before = session.get();
  if (confirming || makingFirst || (before.state !== "open" && before.state !== "signed-in")) return;
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

/** Makes the first key, and goes on with it: from that moment on one is required. */
export async function withFirstKey(create: () => Promise<ApiKey>): Promise<ApiKey> {
  makingFirst = true;
  try {
    const made = await create();
    if (made.key !== undefined) await signIn(made.key);
    return made;
  } finally {
    makingFirst = false;
  }
}

/** Why whoever is signed in may not do that; null when they may. */
export function useRefusal(permission: Permission): string | null {
  const now = useStore(session);
  return now.state === "signed-in" ? refusalOf(now.key.role, permission) : null;
}

listenForRefusal((error, key) => refused(error.code, key));

function refused(code: string, key: string | null) {
  const now = session.get();
  // One that was under way with the key before says nothing of this one.
  if (makingFirst || (now.state === "signed-in" ? now.text !== key : now.state !== "open")) return;
  leave(lossOf(code));
}

function enter(answer: SessionAnswer, text: string | null) {
  const key = answer.key;
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
  try {
    if (text === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, text);
  } catch {
    // Without storage the session lasts as long as the page.
  }
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}
