/**
 * Binding that checks the stream when the page becomes visible again, when the network returns, and
 * after the device slept.
 */
import type { Commands } from "../state/commands.js";

/** Time between two looks at the clock, ms. */
const LOOK_MS = 5000;
/**
 * If more than this time is between two looks at the clock, the device has slept, ms. It is longer
 * than a minute, because browsers run timers of a page in the background once per minute.
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
