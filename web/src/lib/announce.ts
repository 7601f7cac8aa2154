/** The text of the page's polite live region, for screen readers. */
import { createStore } from "./store";

export const announcement = createStore("");

/** Announces a text to screen readers. */
export function announce(text: string) {
  // A screen reader reads an equal text again only if it differs.
  announcement.set(announcement.get() === text ? `${text}\u00a0` : text);
}
