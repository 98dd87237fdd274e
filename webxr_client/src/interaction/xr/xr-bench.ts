/** The measurements of `?bench`. They are a chunk of the bundle that only such a page loads. */
export { BenchClock } from "./bench-clock.js";
export { BenchDisplay } from "./bench-display.js";
export { benchFacts, benchText, SourceLog } from "./bench-report.js";

export type Bench = typeof import("./xr-bench.js");
