/** Why a key is not taken, in words. */
import type { ApiError } from "../api/client";

/** Why somebody who was signed in is so no more, by the code of the API. */
export function lossOf(code: string): string {
  if (code === "key_required") return "From now on this server asks for a key.";
  if (code === "key_expired") return "Your key has expired: sign in with a new one.";
  return "Your key is not valid any more: it was revoked.";
}

/** Why signing in failed; `wait` seconds are left until the next try. */
export function failureOf({ code, message, status }: ApiError, wait: number): string {
  if (code === "key_invalid") return "There is no such key, or it was revoked.";
  if (code === "key_expired") return "This key has expired.";
  if (code === "rate_limited") {
    return `There were too many tries. ${wait > 0 ? `Try again in ${wait} s.` : "Try again now."}`;
  }
  return status === 0 ? message : `The server refuses: ${message}.`;
}

/** Whether that can be a key at all: a header takes no other characters. */
export const canBeKey = (text: string) => /^[\x21-\x7e]+$/.test(text);
