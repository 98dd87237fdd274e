/**
 * Objects round the cloud in VR and AR: ground and sky, the box with histograms, the shadow of the
 * points, and the names of the islands. Bars and names are computed between frames, at most twice
 * per second.
 */
import { Box3, type Texture } from "three";
import { AxisMarks, MARK_COLOURS } from "../../scene/axis-marks.js";
import { type CloudSummary, summarise } from "../../scene/cloud/cloud-summary.js";
import { UNLABELED_DARK } from "../../scene/cloud/colours.js";
import type { PointCloud } from "../../scene/cloud/point-cloud.js";
import type { Stage } from "../../scene/stage.js";
import { IslandLabels } from "../../scene/xr/boards/island-labels.js";
import { CloudShadow } from "../../scene/xr/cloud-shadow.js";
import { Ground } from "../../scene/xr/ground.js";
import { SceneBox } from "../../scene/xr/scene-box.js";
import type { AppState } from "../../state/app-state.js";
import type { XrMode } from "../../state/xr-state.js";
import type { HeadPose } from "./placement/head-pose.js";

/** Shortest time between two summaries, ms. */
const SUMMARY_MS = 500;
/** Height of the texts of the named axes, metres per metre of distance from the eyes. */
export const MARK_HEIGHT = 0.024;

export class Scenery {
  /** Floor and sky; null in AR, where the room is visible. */
  readonly ground: Ground | null;
  readonly box: SceneBox;
  readonly labels = new IslandLabels();
  readonly shadow: CloudShadow;
  /** Named axes at the edges of the box. */
  readonly marks = new AxisMarks();
  /** Named axes that the last update has shown. */
  private marked: unknown = null;
  private readonly extent = new Box3();
  private summarised = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Versions of positions, labels, predictions and classes of the last summary. */
  private readonly seen: unknown[] = [-1, -1, -1, null];

  constructor(
    private readonly state: AppState,
    private readonly stage: Stage,
    cloud: PointCloud,
    mode: XrMode,
    onFloor: boolean,
    private readonly upload: (texture: Texture) => void,
  ) {
    this.ground = mode === "immersive-vr" ? new Ground(onFloor) : null;
    this.box = new SceneBox(mode);
    this.marks.setHeight(MARK_HEIGHT, false);
    this.shadow = new CloudShadow(cloud, mode);
    if (this.ground) stage.scene.add(this.ground.mesh);
    stage.world.add(this.box.mesh, this.shadow.points, this.labels.mesh, this.marks.mesh);
  }

  /**
   * Update once per frame.
   *
   * @param now milliseconds
   * @param seconds duration of the frame
   * @param shadows whether the frame rate allows the shadow
   */
  frame(now: number, seconds: number, head: HeadPose, shadows: boolean): void {
    const { state } = this;
    this.labels.arrange(head, this.stage.world.matrix, seconds);
    // A flat map stands upright, so its shadow would be a line.
    this.shadow.update(this.box.mesh, shadows && state.latent.latentDim !== 2);
    if (this.timer !== undefined || now - this.summarised < SUMMARY_MS || !this.isStale()) return;
    this.summarised = now;
    this.summariseSoon();
  }

  /** Not a part of `frame`, in which the function of the timer would allocate memory each time. */
  private summariseSoon(): void {
    this.timer = setTimeout(() => this.summarise(), 0);
  }

  dispose(): void {
    clearTimeout(this.timer);
    if (this.ground) this.stage.scene.remove(this.ground.mesh);
    const { box, shadow, labels, marks } = this;
    this.stage.world.remove(box.mesh, shadow.points, labels.mesh, marks.mesh);
    for (const part of [this.ground, box, shadow, labels, marks]) part?.dispose();
  }

  /**
   * Return whether something has changed since the last call. Called in most frames, so signals are
   * read by `value`, because `peek` allocates a function at each call.
   */
  private isStale(): boolean {
    const { latent, labelsVersion, predictionsVersion, classes, axes } = this.state;
    const { seen } = this;
    if (
      seen[0] === latent.version &&
      seen[1] === labelsVersion.value &&
      seen[2] === predictionsVersion.value &&
      seen[3] === classes.value &&
      this.marked === axes.value
    )
      return false;
    seen[0] = latent.version;
    seen[1] = labelsVersion.value;
    seen[2] = predictionsVersion.value;
    seen[3] = classes.value;
    this.marked = axes.value;
    return true;
  }

  private summarise(): void {
    this.timer = undefined;
    const { latent, annotations } = this.state;
    const classes = this.state.classes.peek();
    const { position, scale } = this.box.mesh;
    const summary: CloudSummary = summarise({
      n: latent.sample,
      positions: latent.to,
      labels: annotations.labels,
      predictions: annotations.predictions,
      middle: position.toArray(),
      size: scale.toArray(),
    });
    const colourOf = (id: number) => classes[id]?.colour ?? UNLABELED_DARK;
    this.box.show(summary, colourOf, latent.latentDim === 2);
    if (this.labels.show(summary.islands, classes)) this.upload(this.labels.texture);
    this.extent.setFromCenterAndSize(position, scale);
    const { ink, halo } = MARK_COLOURS.dark;
    const axes = this.state.axes.peek();
    if (this.marks.show(axes, this.extent, latent.sceneFromLatent(), ink, halo))
      this.upload(this.marks.texture);
  }
}
