import { afterEach, expect, it, vi } from "vitest";
import { BenchClock } from "../../../src/interaction/xr/bench-clock.js";
import { benchFacts, benchText, SourceLog } from "../../../src/interaction/xr/bench-report.js";
import { AppState } from "../../../src/state/app-state.js";

const FIGURES = {
  frameMs: 13.9,
  frameMs95: 14.2,
  scriptMs: 0.8,
  scriptMs95: 1.1,
  drawCalls: 18,
  points: 5000,
  width: 3360,
  height: 1760,
  rate: 72,
};

/** A WebGL context that reports the limits of a Quest 3. */
const gl = {
  RENDERER: 1,
  ALIASED_POINT_SIZE_RANGE: 2,
  MAX_ARRAY_TEXTURE_LAYERS: 3,
  getParameter: (name: number) =>
    ({ 1: "WebKit WebGL", 2: Float32Array.of(1, 1023), 3: 2048, 4: "Adreno (TM) 740" })[name],
  getExtension: (name: string) =>
    name === "WEBGL_debug_renderer_info" ? { UNMASKED_RENDERER_WEBGL: 4 } : null,
} as unknown as WebGL2RenderingContext;

class FakeSession extends EventTarget {
  environmentBlendMode = "opaque";
  enabledFeatures = ["local-floor", "layers"];
  supportedFrameRates = Float32Array.of(72, 90);
  frameRate = 90;
  inputSources = [
    { handedness: "left", targetRayMode: "tracked-pointer", profiles: ["meta-quest-touch-plus"] },
  ];
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const asSession = (session: FakeSession) => session as unknown as XRSession;

it("names everything that depends on the device", () => {
  vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 (X11; Linux x86_64; Quest 3)" });
  vi.stubGlobal("XRWebGLLayer", { getNativeFramebufferScaleFactor: () => 1.4167 });
  const layer = { textureWidth: 3360, textureHeight: 1760, ignoreDepthValues: true };
  const session = asSession(new FakeSession());
  const facts = benchFacts(
    session,
    { ...layer, fixedFoveation: 0.4 } as never,
    gl,
    "immersive-vr",
    1.2,
  );
  const clock = new BenchClock(new AppState(), { boards: {}, brush: { queriedAt: -1 } });
  const text = benchText(facts, new SourceLog(session), clock, FIGURES);
  expect(text.split("\n").slice(0, 13)).toEqual([
    "user agent: Mozilla/5.0 (X11; Linux x86_64; Quest 3)",
    "mode: immersive-vr, blend mode opaque",
    "enabled features: local-floor, layers",
    "frame rates: 72, 90 Hz; at the start 90 Hz",
    "layer: projection layer",
    "texture: 3360 x 1760",
    "ignoreDepthValues: true",
    "fixedFoveation: 0.4",
    "scale factor: 1.2, native 1.42",
    "renderer: Adreno (TM) 740",
    "point sizes: 1 to 1023 pixels",
    "array texture layers: 2048",
    "WEBGL_multisampled_render_to_texture: no",
  ]);
  expect(text).toContain("draw calls: 18");
});

it("marks values that a browser does not report", () => {
  vi.stubGlobal("navigator", { userAgent: "old" });
  const bare = new EventTarget() as XRSession;
  const facts = new Map(benchFacts(bare, null, gl, "immersive-ar", 1));
  expect(facts.get("enabled features")).toBe("?");
  expect(facts.get("layer")).toBe("?");
  expect(facts.get("fixedFoveation")).toBe("?");
  expect(facts.get("scale factor")).toBe("1, native ?");
  expect(new SourceLog(bare).selects.size).toBe(0);
});

it("counts presses per kind of source, also of sources that come later", () => {
  const session = new FakeSession();
  const log = new SourceLog(asSession(session));
  const hand = { handedness: "right", targetRayMode: "tracked-pointer", hand: {}, profiles: [] };
  const gaze = { handedness: "none", targetRayMode: "transient-pointer", profiles: ["x"] };
  const send = (type: string, more: object) =>
    session.dispatchEvent(Object.assign(new Event(type), more));
  send("inputsourceschange", { added: [hand], removed: [] });
  send("selectstart", { inputSource: gaze });
  send("selectstart", { inputSource: gaze });
  expect([...log.selects]).toEqual([
    ["left tracked-pointer (meta-quest-touch-plus)", 0],
    ["right tracked-pointer, with joints (no profile)", 0],
    ["none transient-pointer (x)", 2],
  ]);
});
