/**
 * Theme and text size. Until the user chooses a theme, the page uses the theme of the system. Both
 * choices are stored.
 */
import { effect, type Signal } from "@preact/signals";
import { store, stored } from "../../state/storage.js";

export type Theme = "dark" | "light";
/** Factor by which big text enlarges the panels; search.css has the same number. */
export const BIG_TEXT = 1.25;
const KEY = "lodespace.theme";
const BIG_KEY = "lodespace.big-text";

export function followTheme(theme: Signal<Theme>): void {
  const light = window.matchMedia("(prefers-color-scheme: light)");
  const follow = () => {
    theme.value = chosen() ?? (light.matches ? "light" : "dark");
  };
  follow();
  light.addEventListener("change", follow);
}

/** Apply the stored text size, and store each change. */
export function followBigText(big: Signal<boolean>): void {
  big.value = stored(BIG_KEY) === "yes";
  effect(() => {
    document.documentElement.classList.toggle("big-text", big.value);
    store(BIG_KEY, big.value ? "yes" : "no");
  });
}

export function toggleTheme(theme: Signal<Theme>): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  store(KEY, theme.value);
}

function chosen(): Theme | null {
  const value = stored(KEY);
  return value === "dark" || value === "light" ? value : null;
}
