/**
 * Binding that checks the stream when the page becomes visible again, when the network returns, and
 * after the device slept.
 */
import type { Commands } from "../state/commands.js";

/** Time between two looks at the clock, ms. */
const LOOK_MS = 5000;
/**
 * Time between two looks after which the device counts as having slept, ms. Browsers run timers of
 * a page in the background once per minute.
 */
const SLEPT_MS = 90_000;

export function bindWake(commands: Commands): void {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") commands.checkStream();
  });
  window.addEventListener("online", () => commands.checkStream());
  let looked = Date.now();
  window.setInterval(() => {
    const now = Date.now();
    if (now - looked > SLEPT_MS) commands.checkStream();
    looked = now;
  }, LOOK_MS);
}
