/**
 * Report of `?bench`: what the browser and the headset offer, which input sources they sent, and
 * which frames were late. The report is text that a person can send to the developers.
 */
import type { BenchFigures } from "../../scene/xr/boards/bench-board.js";
import { type BenchClock, WORK } from "./bench-clock.js";
import { LATE } from "./frame-clock.js";
import { type Layer, rendererName } from "./frame-figures.js";
import { LEVELS } from "./frame-quality.js";

/** Facts about browser, GPU and session. A value that the browser does not report is "?". */
export type BenchFacts = readonly (readonly [name: string, value: string])[];

/** A session with the attributes that only some browsers have. */
export type BenchSession = XRSession & {
  supportedFrameRates?: Float32Array;
  enabledFeatures?: readonly string[];
  frameRate?: number;
};

const MULTISAMPLED = "WEBGL_multisampled_render_to_texture";

/** Collect the facts. Call this function after the layer of the session was created. */
export function benchFacts(
  session: BenchSession,
  layer: Layer | null,
  gl: WebGL2RenderingContext,
  mode: string,
  scale: number,
): BenchFacts {
  const projection = typeof layer?.textureWidth === "number";
  const width = layer?.textureWidth ?? layer?.framebufferWidth;
  const height = layer?.textureHeight ?? layer?.framebufferHeight;
  const sizes = gl.getParameter(gl.ALIASED_POINT_SIZE_RANGE) as Float32Array | null;
  const foveation = layer?.fixedFoveation;
  return [
    ["user agent", navigator.userAgent],
    ["mode", `${mode}, blend mode ${session.environmentBlendMode ?? "?"}`],
    ["enabled features", session.enabledFeatures?.join(", ") ?? "?"],
    ["frame rates", rates(session)],
    ["layer", layer ? (projection ? "projection layer" : "XRWebGLLayer") : "?"],
    ["texture", width ? `${width} x ${height}` : "?"],
    ["ignoreDepthValues", String(layer?.ignoreDepthValues ?? "?")],
    ["fixedFoveation", String(foveation ?? (foveation === null ? "null" : "?"))],
    ["scale factor", `${scale}, native ${nativeScale(session)}`],
    ["renderer", rendererName(gl) || "?"],
    ["point sizes", sizes ? `${sizes[0]} to ${sizes[1]} pixels` : "?"],
    ["array texture layers", String(gl.getParameter(gl.MAX_ARRAY_TEXTURE_LAYERS))],
    [MULTISAMPLED, gl.getExtension(MULTISAMPLED) ? "yes" : "no"],
  ];
}

function rates({ supportedFrameRates, frameRate }: BenchSession): string {
  const all = supportedFrameRates ? Array.from(supportedFrameRates).join(", ") : "not reported";
  return `${all} Hz; at the start ${frameRate ?? "?"} Hz`;
}

function nativeScale(session: XRSession): string {
  try {
    return XRWebGLLayer.getNativeFramebufferScaleFactor(session).toFixed(2);
  } catch {
    return "?"; // the browser has no XRWebGLLayer
  }
}

/** Input sources that a session has had, and the number of presses of each source. */
export class SourceLog {
  /** Number of `selectstart` events; the keys describe the sources. */
  readonly selects = new Map<string, number>();

  constructor(session: XRSession) {
    const see = (source: XRInputSource, presses: number) => {
      const key = describe(source);
      this.selects.set(key, (this.selects.get(key) ?? 0) + presses);
    };
    for (const source of session.inputSources ?? []) see(source, 0);
    session.addEventListener("inputsourceschange", ({ added }) => {
      for (const source of added) see(source, 0);
    });
    session.addEventListener("selectstart", ({ inputSource }) => see(inputSource, 1));
  }
}

function describe({ handedness, targetRayMode, hand, profiles }: XRInputSource): string {
  const joints = hand ? ", with joints" : "";
  return `${handedness} ${targetRayMode}${joints} (${profiles?.join(", ") || "no profile"})`;
}

/** The whole report, one fact per line. */
export function benchText(
  facts: BenchFacts,
  sources: SourceLog,
  clock: BenchClock,
  figures: BenchFigures,
): string {
  const lines = facts.map(([name, value]) => `${name}: ${value}`);
  const seconds = clock.shown / 1000;
  const rate = seconds > 0 ? clock.frames / seconds : 0;
  lines.push(
    `points: ${figures.points}`,
    `frames: ${clock.frames} in ${seconds.toFixed(1)} s (${rate.toFixed(1)} Hz), ` +
      `${clock.pauses} pauses; at the end ${figures.rate || "?"} Hz`,
    `frame: median ${ms(figures.frameMs)}, 95 % under ${ms(figures.frameMs95)}`,
    `script: median ${ms(figures.scriptMs)}, 95 % under ${ms(figures.scriptMs95)}`,
    `draw calls: ${figures.drawCalls}`,
    `quality level: ${figures.quality ?? 0} of 0 (best) to ${LEVELS.length - 1}`,
    `late frames (over ${LATE} periods): ${clock.late}`,
  );
  clock.byWork.forEach((count, k) => {
    if (count > 0) lines.push(`  with ${WORK[k] ?? "nothing"}: ${count}`);
  });
  for (const { at, gap, script, work } of clock.latest())
    lines.push(
      `  at ${at.toFixed(1)} s: ${ms(gap)}, script ${ms(script)}, ${work.join(" + ") || "nothing"}`,
    );
  if (sources.selects.size === 0) lines.push("input sources: none");
  for (const [source, count] of sources.selects)
    lines.push(`input source: ${source}, selectstart ${count}`);
  return lines.join("\n");
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
