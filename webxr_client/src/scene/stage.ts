/**
 * Renderer, camera and the frame loop. The scene is in metres: `sceneFromLatent` maps the box in
 * the latent space to a cube of 1 m. In VR the matrix of `world` is room-from-scene, and a
 * presenter draws the frames with the cameras of the headset.
 */
import {
  type Box3,
  Group,
  Matrix4,
  OrthographicCamera,
  PerspectiveCamera,
  Scene,
  Vector3,
  type WebGLRenderer,
} from "three";
import type { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Box } from "../protocol/scene-file.js";
import type { LatentState } from "../state/latent-state.js";
import type { CameraPlace } from "../state/site-view.js";
import { orbitControls, setOrbit } from "./camera-controls.js";
import { CameraEase } from "./camera-ease.js";
import { fittedView, frameCameras, type Insets, shrinkOf } from "./camera-frame.js";
import { moveCamera, placeInBox, placeOf } from "./camera-place.js";
import { cloudBounds, cloudPoints } from "./cloud/bounds.js";
import type { PointCloud } from "./cloud/point-cloud.js";
import { FittedBox } from "./fitted-box.js";
import { itemPlace } from "./latent-point.js";
import { Surface } from "./surface.js";
import { ViewKeeper, type ViewParts } from "./view-keeper.js";

/** Draws frames. `now`: `performance.now()`, ms. `time`: time at which the frame began, ms. */
export interface Presenter {
  draw(now: number, frame: XRFrame, time: number): void;
}

const FIELD_OF_VIEW = 40;
const FOLLOW_MS = 900;

const size = new Vector3();
const clipFromLatent = new Matrix4();
const sceneFromLatent = new Matrix4();

export class Stage {
  readonly scene = new Scene();
  /** Builds the view, again when the graphics processor has lost it. */
  readonly keeper: ViewKeeper;
  /** Functions that send data again after the graphics processor has lost all data. */
  readonly renewed: (() => void)[] = [];
  /** The cloud. The matrix is room-from-scene; on the page this matrix is the identity. */
  readonly world = new Group();
  readonly perspective = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 60);
  readonly orthographic = new OrthographicCamera(-1, 1, 1, -1, -10, 10);
  camera: PerspectiveCamera | OrthographicCamera = this.perspective;
  controls: OrbitControls;
  /** Ring buffer with the main-thread time of each of the last frames, milliseconds. */
  readonly frameTimes = new Float32Array(512);
  /** Number of frames that were measured. */
  frames = 0;
  /**
   * Called once before each frame. `changed`: whether anything has changed since the previous
   * frame. Returns whether the call changed something that has to be drawn.
   */
  beforeFrame: (changed: boolean) => boolean = () => false;
  /** Space for marks on each side of the cloud, as a share of the cloud's size. */
  margin = 0;
  private readonly place = new Vector3();
  /** How much of the page the panels cover at each edge, CSS pixels. */
  insets: Readonly<Insets> = { left: 0, right: 0, top: 0, bottom: 0 };
  private readonly ease = new CameraEase();
  private orbitWithLeft = false;
  private zoomByWheel = true;
  private dirty = true;
  private presenter: Presenter | null = null;
  private movedByPerson = false;
  /** Box of the shown scene; null before the first scene. */
  private box: Box | null = null;
  private followed = 0;
  private readonly fitted = new FittedBox();
  private readonly surface: Surface;
  /** The element that shows the cloud. Its size is that of the page. */
  readonly element: HTMLElement;

  constructor(
    private readonly latent: LatentState,
    private readonly cloud: PointCloud,
    parts: Omit<ViewParts, "build">,
  ) {
    this.surface = new Surface(this.scene, {
      frame: (time, frame) => this.render(time, frame),
      lost: () => this.keeper.lost(),
      restored: () => {
        this.renew();
        this.keeper.restored();
      },
    });
    this.element = this.surface.element;
    this.keeper = new ViewKeeper({ ...parts, build: () => this.buildView() });
    this.world.matrixAutoUpdate = false;
    this.world.add(cloud.points);
    this.scene.add(this.world);
    this.perspective.position.set(0.55, 0.38, 1.9);
    this.orthographic.position.set(0, 0, 2);
    this.controls = this.makeControls();
  }

  /** Whether the page can draw. Until the first view is built, there is no `renderer`. */
  get drawable(): boolean {
    return this.surface.renderer !== null;
  }

  /** The current renderer. Throws an error if the page is not `drawable`. */
  get renderer(): WebGLRenderer {
    const { renderer } = this.surface;
    if (!renderer) throw new Error("The browser cannot draw this page's view.");
    return renderer;
  }

  private buildView(): string {
    const reason = this.surface.build();
    if (reason) return reason;
    this.cloud.material.multisampled = this.surface.multisampled;
    this.renew();
    this.resize();
    return "";
  }

  private renew(): void {
    for (const call of this.renewed) call();
    this.dirty = true;
  }

  /** Let `presenter` draw the frames of a headset; null returns to the page. */
  present(presenter: Presenter | null): void {
    this.presenter = presenter;
    this.controls.enabled = presenter === null;
    if (presenter) return;
    this.world.matrix.identity();
    this.resize();
  }

  private makeControls(): OrbitControls {
    const controls = orbitControls(this.camera, this.element);
    controls.enableZoom = this.zoomByWheel;
    setOrbit(controls, this.orbitWithLeft);
    controls.addEventListener("change", () => this.invalidate());
    controls.addEventListener("start", () => {
      this.movedByPerson = true;
      this.ease.cancel();
    });
    return controls;
  }

  /** Set whether the left button and one finger turn the scene; otherwise they drive the tool. */
  setOrbitWithLeft(value: boolean): void {
    this.orbitWithLeft = value;
    setOrbit(this.controls, value);
    this.controls.enabled = true;
  }

  /** Set whether the wheel zooms. If not, the wheel scrolls the page around the canvas. */
  setZoomByWheel(value: boolean): void {
    this.zoomByWheel = value;
    this.controls.enableZoom = value;
  }

  setInsets(insets: Insets): void {
    this.insets = insets;
    this.resize();
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    const { renderer } = this.surface;
    if (width === 0 || height === 0 || this.presenter || renderer?.xr.isPresenting) return;
    renderer?.setPixelRatio(Math.min(2, window.devicePixelRatio));
    renderer?.setSize(width, height, false);
    frameCameras(this.perspective, this.orthographic, width, height, this.insets);
    this.dirty = true;
    // A page of another shape needs another distance: `follow` fits again, unless the person has
    // moved the camera.
    this.fitted.clear();
    this.followed = Number.NEGATIVE_INFINITY;
  }

  /**
   * Move the camera, without turning it, until the cloud fits into the area that the panels leave
   * free. `gently`: move over several frames. `part`: box of a part to show instead, scene metres.
   */
  fit(gently = true, part: Box3 | null = null): void {
    if (this.latent.n === 0) return;
    this.movedByPerson = part !== null;
    const box = part ?? this.framed();
    this.fitted.set(box);
    const { controls, camera, insets } = this;
    const { clientWidth: width, clientHeight: height } = this.element;
    const radius = this.cloud.pointSize / 2 + this.margin; // the cloud fills a cube of 1 m
    const shown = part ? null : { places: cloudPoints(this.latent), radius };
    const to = fittedView(box, camera, controls.target, { width, height, insets }, shown);
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const from = { position: camera.position, target: controls.target, zoom: camera.zoom };
    this.ease.start(from, to, performance.now(), !gently || calm);
  }

  /** Place of the camera. */
  cameraPlace(): CameraPlace {
    return placeOf(this.camera, this.controls.target);
  }

  /**
   * Move the camera to `place`. Angles that `place` does not state stay as they are. Without a
   * distance or a target, the cloud is fitted into the page.
   */
  placeCamera(place: CameraPlace): void {
    const { camera, controls } = this;
    this.ease.step(camera, controls.target, Number.POSITIVE_INFINITY);
    this.movedByPerson = moveCamera(camera, controls.target, place);
    if (!this.movedByPerson) this.fit(false);
    this.dirty = true;
  }

  /**
   * Show a new scene, with a perspective camera for 3 dimensions and an orthographic one for 2. A
   * view that a person has chosen stays as it is; otherwise the cloud is fitted into the page.
   */
  showScene(): void {
    const { box, latentDim } = this.latent;
    const before = this.box;
    this.box = box;
    const camera = latentDim === 2 ? this.orthographic : this.perspective;
    if (camera !== this.camera) {
      this.camera = camera;
      this.controls.dispose();
      this.controls = this.makeControls();
      this.movedByPerson = false;
      this.resize();
    } else if (before) {
      this.ease.step(camera, this.controls.target, Number.POSITIVE_INFINITY);
      moveCamera(camera, this.controls.target, placeInBox(this.cameraPlace(), before, box));
    }
    if (!this.movedByPerson) this.fit(before !== null);
  }

  /** Box of the cloud at its newest keyframe, without outliers, scene metres. */
  bounds(): Box3 {
    return cloudBounds(this.latent);
  }

  private framed(): Box3 {
    const box = this.bounds();
    return box.expandByVector(box.getSize(size).multiplyScalar(this.margin));
  }

  /** Column-major matrix from latent units to clip space, for the current camera. */
  clipFromLatent(): number[] {
    this.camera.updateMatrixWorld();
    clipFromLatent.multiplyMatrices(this.camera.projectionMatrix, this.camera.matrixWorldInverse);
    sceneFromLatent.fromArray(this.latent.sceneFromLatent());
    return clipFromLatent.multiply(sceneFromLatent).toArray();
  }

  /** Place of an item in room metres. The next call overwrites the returned vector. */
  placeOf(item: number): Vector3 {
    sceneFromLatent.fromArray(this.latent.sceneFromLatent());
    return itemPlace(this.latent, item, this.place)
      .applyMatrix4(sceneFromLatent)
      .applyMatrix4(this.world.matrixWorld);
  }

  /** Matrix room-from-head of the person in VR; null on the page. */
  listener(): Matrix4 | null {
    const xr = this.surface.renderer?.xr;
    return xr?.isPresenting ? xr.getCamera().matrixWorld : null;
  }

  /** Diameter of an average point on screen, CSS pixels. */
  pointPixels(): number {
    const distance =
      this.camera === this.perspective ? this.camera.position.distanceTo(this.controls.target) : 1;
    return Math.max(3, (this.cloud.pointSize * this.pixelsPerUnit()) / distance / this.pixelRatio);
  }

  /**
   * Height in the scene of a text that is `pixels` CSS pixels high. In perspective, the height is
   * in metres per metre of depth. Without perspective, it is in metres.
   */
  textHeight(pixels: number): number {
    return (pixels * this.pixelRatio) / this.pixelsPerUnit();
  }

  /** Device pixels per CSS pixel. */
  private get pixelRatio(): number {
    return this.surface.renderer?.getPixelRatio() ?? 1;
  }

  private pixelsPerUnit(): number {
    const whole = this.surface.renderer?.domElement.height ?? this.element.clientHeight;
    const height = whole * shrinkOf(this.element.clientHeight, this.insets);
    return this.camera === this.perspective
      ? height / (2 * Math.tan((FIELD_OF_VIEW * Math.PI) / 360))
      : (height / 1.2) * this.camera.zoom;
  }

  /**
   * Draw the next frame, because something has changed. Frames in which nothing moves are skipped.
   */
  invalidate(): void {
    this.dirty = true;
  }

  /** Keep the whole cloud in view while its shape changes, until the person moves the camera. */
  private follow(now: number): void {
    if (this.movedByPerson || this.latent.n === 0 || now - this.followed < FOLLOW_MS) return;
    this.followed = now;
    if (this.fitted.outgrown(this.framed(), this.latent.version)) this.fit();
  }

  private render(time: number, frame?: XRFrame): void {
    const begin = performance.now();
    if (this.presenter) {
      if (frame) this.presenter.draw(begin, frame, time);
      this.measure(begin);
      return;
    }
    this.follow(begin);
    const easing = this.ease.step(this.camera, this.controls.target, begin);
    const turned = this.controls.update();
    const moved = this.cloud.update(begin);
    const changed = easing || turned || moved || this.dirty;
    const drawn = this.beforeFrame(changed);
    if (!(changed || drawn || this.dirty)) return;
    this.dirty = false;
    const distance = this.camera.position.distanceTo(this.controls.target);
    this.cloud.material.setView(
      this.pixelsPerUnit(),
      this.pixelRatio,
      distance - 0.05,
      distance + 0.95,
    );
    this.renderer.render(this.scene, this.camera);
    this.measure(begin);
  }

  private measure(begin: number): void {
    this.frameTimes[this.frames % this.frameTimes.length] = performance.now() - begin;
    this.frames += 1;
  }
}
