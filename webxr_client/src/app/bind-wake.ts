/** Binding that checks the stream when the page becomes visible again, or the network returns. */
import type { Commands } from "../state/commands.js";

export function bindWake(commands: Commands): void {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") commands.checkStream();
  });
  window.addEventListener("online", () => commands.checkStream());
}
