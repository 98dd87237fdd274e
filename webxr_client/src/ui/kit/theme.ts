/**
 * Light or dark theme: the setting of the system, until the person chooses. The choice is stored.
 */
import { effect, type Signal } from "@preact/signals";

export type Theme = "dark" | "light";
/** Factor of the panels' size with big text; search.css has the same number. */
export const BIG_TEXT = 1.25;
const KEY = "lodespace.theme";
const BIG_KEY = "lodespace.big-text";

export function followTheme(theme: Signal<Theme>): void {
  const light = window.matchMedia("(prefers-color-scheme: light)");
  const follow = () => {
    theme.value = kept() ?? (light.matches ? "light" : "dark");
  };
  follow();
  light.addEventListener("change", follow);
}

/** Apply the stored choice of big text, and store each change. Returns a function that stops it. */
export function followBigText(big: Signal<boolean>): () => void {
  try {
    big.value = localStorage.getItem(BIG_KEY) === "yes";
  } catch {
    // storage is off
  }
  return effect(() => {
    document.documentElement.classList.toggle("big-text", big.value);
    try {
      localStorage.setItem(BIG_KEY, big.value ? "yes" : "no");
    } catch {
      // storage is off: until the page is left
    }
  });
}

export function toggleTheme(theme: Signal<Theme>): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // storage is off: until the page is left
  }
}

function kept(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "dark" || value === "light" ? value : null;
  } catch {
    return null;
  }
}
