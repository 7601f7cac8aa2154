/** The key in the session storage of this tab, which survives a reload and ends with the tab. */

const STORED = "faas.key";

export function readKey(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** Stores the key; null removes it. */
export function storeKey(text: string | null) {
  try {
    if (text === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, text);
  } catch {
    // Without storage the session lasts until the page is reloaded.
  }
}
