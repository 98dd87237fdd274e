/** Parts of VR whose code is loaded when they are first needed. */
import { effect } from "@preact/signals";

/**
 * When `needed` first returns true, load a module, and pass it to `take`. If it cannot be loaded,
 * the next change of the signals that `needed` reads tries again. Returns a function that ends
 * this.
 */
export function loadWhen<T>(
  needed: () => boolean,
  load: () => Promise<T>,
  take: (loaded: T) => void,
): () => void {
  let state: "idle" | "asked" | "ended" = "idle";
  const stop = effect(() => {
    if (!needed() || state !== "idle") return;
    state = "asked";
    load().then(
      (loaded) => {
        if (state === "asked") take(loaded);
      },
      () => {
        if (state === "asked") state = "idle";
      },
    );
  });
  return () => {
    state = "ended";
    stop();
  };
}
