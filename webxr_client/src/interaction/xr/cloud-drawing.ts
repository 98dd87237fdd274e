/**
 * Drawing of the cloud in VR: sizes of points in pixels, and the quality that the frame rate
 * allows.
 */
import type { PointCloud } from "../../scene/cloud/point-cloud.js";
import type { Stage } from "../../scene/stage.js";
import type { XrMode } from "../../state/xr-state.js";
import { layerHeight } from "./frame-figures.js";
import { FrameQuality } from "./frame-quality.js";
import { scaleOf } from "./grab/transform.js";

/** Distances from the eyes at which the fog begins and is densest, metres. */
const FOG = [0.55, 2.4] as const;
/** Assumed frame rate where the browser does not report it, Hz. */
const USUAL_RATE = 72;

export class CloudDrawing {
  readonly quality = new FrameQuality();

  /** `adapts`: whether the quality follows the time between frames. */
  constructor(
    private readonly stage: Stage,
    private readonly cloud: PointCloud,
    mode: XrMode,
    private readonly adapts: boolean,
  ) {
    cloud.material.setTarget(mode);
  }

  /**
   * Update quality and sizes before a frame is rendered.
   *
   * @param now time of the frame, ms
   * @param pointShare factor by which the size of points is multiplied
   */
  update(now: number, pointShare: number): void {
    const { cloud, stage, quality } = this;
    const { xr } = stage.renderer;
    if (this.adapts && quality.frame(now, this.period())) {
      xr.setFoveation(quality.level.foveation);
      cloud.drawnShare = quality.level.share;
    }
    const eye = xr.getCamera().cameras[0];
    if (eye) {
      // Point sizes are in pixels of the layer. The part of the layer for one eye is as high as the
      // layer.
      const height = eye.viewport.w || layerHeight(xr);
      const pixels = eye.projectionMatrix.elements[5]! * 0.5 * height;
      cloud.material.setView(pixels, 1, FOG[0], FOG[1], quality.level.largest);
    }
    cloud.scale = scaleOf(stage.world.matrix) * pointShare;
  }

  /** Draw the cloud again as on the page, because VR has ended. */
  dispose(): void {
    this.cloud.scale = 1;
    this.cloud.drawnShare = 1;
    this.cloud.material.setTarget("page");
  }

  /** Time between two frames of the headset, ms. */
  private period(): number {
    const session = this.stage.renderer.xr.getSession() as { frameRate?: number } | null;
    return 1000 / (session?.frameRate || USUAL_RATE);
  }
}
