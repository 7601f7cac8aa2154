/** Why the server does not accept a key, in words. */
import type { ApiError } from "../api/client";

/** Why a session ended, by the code of the API. */
export function lossOf(code: string): string {
  if (code === "key_required") return "This server now requires a key.";
  if (code === "key_expired") return "Your key has expired. Sign in with a new one.";
  return "Your key was revoked.";
}

/** Why a sign-in failed. `wait`: the seconds until the next try. */
export function failureOf({ code, message, status }: ApiError, wait: number): string {
  if (code === "key_invalid") return "This key does not exist or was revoked.";
  if (code === "key_expired") return "This key has expired.";
  if (code === "rate_limited") {
    return `Too many failed sign-ins. ${wait > 0 ? `Try again in ${wait} s.` : "Try again now."}`;
  }
  return status === 0 ? message : `The server refused the sign-in: ${message}.`;
}

/** Whether a text can be a key: a header allows only these characters. */
export const canBeKey = (text: string) => /^[\x21-\x7e]+$/.test(text);
