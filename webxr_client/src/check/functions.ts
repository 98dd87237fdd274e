/**
 * Functions that the page needs and that the browsers of some headsets may lack. The browser of
 * Pico, for example, is an old Chromium whose version is not published.
 */

/** Returns whether a browser has a function. */
type Probe = () => boolean;

/** Functions by name. Each comment states the first version of Chromium that has the function. */
const FUNCTIONS: Readonly<Record<string, Probe>> = {
  /** Chromium 93. */
  "Object.hasOwn": () => typeof Object.hasOwn === "function",
  /** Chromium 99. */
  "CanvasRenderingContext2D.roundRect": () =>
    typeof CanvasRenderingContext2D === "function" &&
    "roundRect" in CanvasRenderingContext2D.prototype,
  /** Chromium 103. The constructor refuses formats that the browser does not know. */
  'DecompressionStream("deflate-raw")': () => {
    new DecompressionStream("deflate-raw");
    return true;
  },
};

/** Names of the functions that this browser lacks. */
export function missingFunctions(functions = FUNCTIONS): string[] {
  return Object.keys(functions).filter((name) => {
    try {
      return !functions[name]?.();
    } catch {
      return true;
    }
  });
}
