/** Figures of a WebXR session: graphics chip, layer, frame rate, and the durations of frames. */
import type { WebXRManager } from "three";
import type { BenchFigures } from "../../scene/xr/boards/bench-board.js";
import type { FrameClock } from "./frame-clock.js";

/** Layer of a session. It is an XRProjectionLayer or an XRWebGLLayer. */
export type Layer = Partial<XRProjectionLayer & XRWebGLLayer> & { fixedFoveation?: number | null };

/** Name of the graphics chip; "" if the browser does not report it. */
export function rendererName(gl: WebGL2RenderingContext): string {
  // Browsers report a generic name by gl.RENDERER, and the chip by this extension.
  const extension = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? "");
}

/** Layer of the running session; null before and after a session. */
export const layerOf = (xr: WebXRManager): Layer | null =>
  xr.getBaseLayer() as XRProjectionLayer | XRWebGLLayer | null;

/** Height of the picture, pixels; 1 without a session. */
export function layerHeight(xr: WebXRManager): number {
  const layer = layerOf(xr);
  return layer?.textureHeight ?? layer?.framebufferHeight ?? 1;
}

/** The figures of a running session with `points` points. */
export function figuresOf(clock: FrameClock, xr: WebXRManager, points: number): BenchFigures {
  const layer = layerOf(xr);
  const session = xr.getSession() as (XRSession & { frameRate?: number }) | null;
  return {
    ...clock.figures(),
    points,
    width: layer?.textureWidth ?? layer?.framebufferWidth ?? 0,
    height: layerHeight(xr),
    rate: session?.frameRate ?? 0,
  };
}
