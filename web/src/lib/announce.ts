/** What is said in the page's one polite live region. */
import { createStore } from "./store";

export const announcement = createStore("");

/** Tells people who cannot see it that something has happened. */
export function announce(text: string) {
  // A sentence said twice is heard twice only when it differs.
  announcement.set(announcement.get() === text ? `${text}\u00a0` : text);
}
