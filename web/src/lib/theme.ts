/** The theme. Without a choice the system decides. `public/theme.js` sets it before the first paint. */
import { createStore } from "./store";

export type Theme = "light" | "dark";

const root = document.documentElement;

export const theme = createStore<Theme>(root.dataset["theme"] === "dark" ? "dark" : "light");

export function chooseTheme(next: Theme) {
  root.dataset["theme"] = next;
  theme.set(next);
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Without storage the choice lasts until the page is reloaded.
  }
}
