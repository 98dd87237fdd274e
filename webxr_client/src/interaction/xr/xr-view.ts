/** What a headset shows, frame by frame: puts hands, palette, brush and card where they belong, and draws. Allocates nothing per frame. */
import { effect, untracked } from "@preact/signals";
import {
  Color,
  DirectionalLight,
  Group,
  HemisphereLight,
  Matrix4,
  PerspectiveCamera,
  Quaternion,
  Vector3,
} from "three";
import type { Atlas } from "../../scene/cloud/atlas.js";
import type { PointCloud } from "../../scene/cloud/point-cloud.js";
import type { Presenter, Stage } from "../../scene/stage.js";
import { BenchBoard, type BenchFigures } from "../../scene/xr/boards/bench-board.js";
import type { Board } from "../../scene/xr/boards/board.js";
import { ItemCard } from "../../scene/xr/boards/item-card.js";
import { PaletteBoard } from "../../scene/xr/boards/palette-board.js";
import { SheetBoard } from "../../scene/xr/boards/sheet-board.js";
import { BrushSphere } from "../../scene/xr/brush-sphere.js";
import type { InputModel, InputModels } from "../../scene/xr/input-models.js";
import { PointerRay } from "../../scene/xr/pointer-ray.js";
import { fitBox, floorGrid, sceneBox } from "../../scene/xr/room.js";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import type { XrMode } from "../../state/xr-state.js";
import { XrControls, type XrSurroundings } from "./controls.js";
import { FrameClock } from "./frame-clock.js";
import { scaleOf } from "./grab/transform.js";
import type { TrackedHand } from "./input/tracked-hand.js";
import { XrInputs } from "./input/xr-inputs.js";
import { placeSheet, placeWorld } from "./placement/placement.js";
import { PresenceSender } from "./presence-sender.js";

export interface XrParts {
  state: AppState;
  commands: Commands;
  stage: Stage;
  cloud: PointCloud;
  atlas: { current: Atlas | null };
}

export interface XrSetting {
  mode: XrMode;
  /** Whether y = 0 is the floor. */
  onFloor: boolean;
  bench: boolean;
  models: InputModels;
}

const GROUND = "#0d1219";
const PAINTS = new Color("#8fd0ff");
const TAKES = new Color("#ff8a5c");
/** Milliseconds between two drawings of the palette: while a stroke goes on, its count changes all the time. */
const BOARD_MS = 120;
/** Frames that boards wait for one with less to do. */
const BOARDS_WAIT = 2;
const BENCH_MS = 500;
const LOOK_MS = 40;
/** Where the palette floats: before and above the other hand; without one, at the left of where the person looked at first. */
const PALETTE_ABOVE = 0.13;
const PALETTE_TURN = 0.12;
const STYLUS = 0.008;
/** Metres from the eyes at which the card is as large as it is. */
const CARD_NEAR = 0.45;
/** Metres from a sheet's upper edge to the middle of the card of a picture on it. */
const CARD_ABOVE = 0.066;
const CARD_OVER_SHEET = 1.2;

export class XrView implements Presenter {
  readonly controls: XrControls;
  readonly palette: PaletteBoard;
  readonly sheet: SheetBoard;
  readonly card: ItemCard;
  readonly inputs: XrInputs;
  readonly clock = new FrameClock();
  private readonly bench: BenchBoard | null;
  private readonly camera = new PerspectiveCamera();
  private readonly room = new Group();
  private readonly brush = new BrushSphere();
  private readonly ray = new PointerRay();
  private readonly floor = floorGrid();
  private readonly box = sceneBox();
  private readonly drawn: Record<"left" | "right", InputModel | null> = { left: null, right: null };
  private readonly presence: PresenceSender;
  private readonly undo: (() => void)[] = [];
  private readonly headPosition = new Vector3();
  private readonly headOrientation = new Quaternion();
  private readonly at = new Vector3();
  private readonly facing = new Matrix4();
  private readonly upright = new Vector3(0, 1, 0);
  private readonly parked = new Vector3();
  private placed = false;
  private sheetPlaced = false;
  private readonly boards: readonly Board[];
  /** Which of them was looked at last, how many frames they have waited, and which keyframe was the last. */
  private turn = 0;
  private waited = 0;
  private keyframe = -1;
  private benchShown = 0;
  private lastNow = 0;
  private lookedAt = 0;
  private readItem = -1;
  /** Whether the cloud was given new arrays since the last frame. */
  private newArrays = false;
  /** Points are as large in the room as before their box became another one: by this factor against those of the box they are in. */
  private pointShare = 1;

  constructor(
    private readonly parts: XrParts,
    private readonly setting: XrSetting,
  ) {
    const { state, commands, stage, atlas } = parts;
    this.palette = new PaletteBoard(state);
    this.sheet = new SheetBoard(state, atlas);
    this.card = new ItemCard(state, atlas);
    this.bench = setting.bench ? new BenchBoard() : null;
    this.boards = [this.palette, this.palette.head, this.card, this.sheet];
    this.presence = new PresenceSender(commands);
    const surroundings: XrSurroundings = {
      world: stage.world.matrix,
      palette: this.palette,
      sheet: this.sheet,
      showGrabbed: (items) => parts.cloud.setGrabbed(items),
    };
    // The controls need the hands, and the inputs tell the controls: first one, then the other.
    const forward = {
      connected: (hand: TrackedHand, source: XRInputSource) => {
        this.dress(hand, source);
        this.controls.connected();
      },
      disconnected: (hand: TrackedHand) => {
        this.undress(hand);
        this.controls.disconnected(hand);
      },
      press: (hand: TrackedHand) => this.controls.press(hand),
      release: (hand: TrackedHand) => this.controls.release(hand),
      squeeze: (hand: TrackedHand) => this.controls.squeeze(hand),
      unsqueeze: (hand: TrackedHand) => this.controls.unsqueeze(hand),
    };
    this.inputs = new XrInputs(stage.renderer.xr, forward);
    this.controls = new XrControls(state, commands, this.inputs, surroundings);
    this.build();
    this.watch();
  }

  /** Stand the cloud before the person again; `reset` of the headset does it too. */
  place(): void {
    this.placed = false;
    this.sheetPlaced = false;
  }

  draw(now: number, frame: XRFrame): void {
    const { stage, cloud } = this.parts;
    const { renderer } = stage;
    if (this.newArrays) this.showInHand();
    const seconds = Math.min(0.1, (now - this.lastNow) / 1000);
    this.lastNow = now;
    this.clock.begin(now);
    cloud.update(now);
    this.readHead();
    if (!this.placed && frame.getViewerPose(renderer.xr.getReferenceSpace() as XRReferenceSpace))
      this.placeNow();
    this.inputs.update(now);
    this.movePalette();
    if (!this.sheetPlaced && this.sheet.mesh.visible) this.placeSheetNow();
    this.controls.frame(now, seconds);
    stage.world.matrixWorldNeedsUpdate = true;
    this.showBrush();
    this.showCard();
    this.lookAtPlace(now);
    stage.beforeFrame();
    this.drawn.left?.frame();
    this.drawn.right?.frame();
    this.drawBoards(now);
    this.presence.send(
      now,
      stage.world.matrix,
      this.headPosition,
      this.headOrientation,
      this.inputs,
    );
    cloud.setGrab(this.controls.cluster.moved);
    const eye = renderer.xr.getCamera().cameras[0];
    if (eye) {
      // Point sizes are in pixels of an eye's part of the layer, as high as the layer is.
      const height = eye.viewport.w || this.layerHeight();
      cloud.setView((eye.projectionMatrix.elements[5] as number) * 0.5 * height, 1, 0.55, 2.4);
    }
    cloud.scale = scaleOf(stage.world.matrix) * this.pointShare;
    renderer.render(stage.scene, this.camera);
    this.clock.end(performance.now(), renderer.info.render.calls);
  }

  figures(): BenchFigures {
    const { stage, state } = this.parts;
    const { xr } = stage.renderer;
    const layer = xr.getBaseLayer() as Partial<XRProjectionLayer & XRWebGLLayer> | null;
    return {
      ...this.clock.figures(),
      points: state.latent.n,
      width: layer?.textureWidth ?? layer?.framebufferWidth ?? 0,
      height: this.layerHeight(),
      rate: (xr.getSession() as (XRSession & { frameRate?: number }) | null)?.frameRate ?? 0,
    };
  }

  dispose(): void {
    const { stage, cloud } = this.parts;
    this.controls.endAll();
    this.presence.leave();
    this.inputs.dispose();
    for (const hand of [this.inputs.left, this.inputs.right]) this.undress(hand);
    for (const undo of this.undo) undo();
    cloud.setGrabbed(new Uint32Array(0));
    cloud.setBrush(this.at.set(0, 0, 0), 0);
    cloud.setHovered(-1);
    cloud.scale = 1;
    stage.scene.remove(this.room);
    stage.world.remove(this.box);
    const { state } = this.parts;
    state.xr.atBrush.value = -1;
    // On the page, to which it goes back, one picture is the current one.
    state.review.at.value = Math.max(0, state.review.at.peek());
    for (const part of [this.palette, this.sheet, this.card, this.brush, this.ray, this.bench])
      part?.dispose();
    for (const lines of [this.floor, this.box]) lines.geometry.dispose();
  }

  // ------------------------------------------------------------------------------------------------------------------

  private build(): void {
    const { stage } = this.parts;
    const ambient = new HemisphereLight("#dfe9f5", "#39424e", 2.2);
    const sun = new DirectionalLight("#ffffff", 1.6);
    sun.position.set(0.4, 2, 0.8);
    this.room.add(
      ambient,
      sun,
      this.brush.mesh,
      this.ray.line,
      this.palette.mesh,
      this.sheet.mesh,
      this.card.mesh,
    );
    if (this.setting.mode === "immersive-vr") {
      stage.scene.background = new Color(GROUND);
      this.undo.push(() => {
        stage.scene.background = null;
      });
      if (this.setting.onFloor) this.room.add(this.floor);
    }
    if (this.bench) this.room.add(this.bench.mesh);
    for (const spaces of this.inputs.spaces) this.room.add(spaces.ray, spaces.grip, spaces.hand);
    this.palette.mesh.matrixAutoUpdate = false;
    stage.scene.add(this.room);
    stage.world.add(this.box);
  }

  /** Which tiles boards have hangs on what there is to be done; what is on them they watch themselves. */
  private watch(): void {
    const { state } = this.parts;
    this.undo.push(
      effect(() => {
        state.sceneVersion.value;
        untracked(() => this.changeScene());
      }),
      effect(() => {
        state.classes.value;
        state.notices.value;
        this.palette.relayout();
      }),
      effect(() => {
        const shown = this.sheet.mesh.visible;
        const { sheet } = state.review;
        sheet.value;
        this.sheet.relayout();
        if (shown || !sheet.value) return;
        // It stays where it was opened; what is picked on it is told its class on the palette.
        this.sheetPlaced = false;
        this.palette.turnTo("classes");
      }),
      effect(() => {
        state.review.at.value;
        this.sheet.pick();
      }),
    );
  }

  /** What a hand does before the next frame is to be understood in the new scene: this is done at once. */
  private changeScene(): void {
    const change = this.controls.sceneChanged();
    if (change === "cloud" || change === "dimension") this.place();
    if (change === "box") {
      this.pointShare *= this.controls.boxRatio;
      fitBox(this.box, this.parts.stage.bounds());
    }
    this.newArrays = true;
  }

  /** By the next frame the cloud has its new arrays, whoever was told first of the new scene. */
  private showInHand(): void {
    this.newArrays = false;
    this.controls.showInHand();
  }

  /** Between the eyes. (The camera that three joins from both lies behind them.) */
  private readHead(): void {
    const { cameras } = this.parts.stage.renderer.xr.getCamera();
    const left = cameras[0];
    const right = cameras[1];
    if (!left) return;
    this.headOrientation.copy(left.quaternion);
    this.headPosition.copy(left.position);
    if (right) this.headPosition.add(right.position).multiplyScalar(0.5);
  }

  private placeNow(): void {
    const { stage } = this.parts;
    const bounds = stage.bounds();
    const middle = bounds.getCenter(new Vector3());
    const size = bounds.getSize(new Vector3());
    const head = { position: this.headPosition, orientation: this.headOrientation };
    placeWorld(
      stage.world.matrix,
      head,
      middle,
      Math.max(size.x, size.y, size.z),
      this.setting.onFloor,
    );
    fitBox(this.box, bounds);
    this.placed = true;
    this.pointShare = 1;
    this.parked
      .set(-0.38, -0.28, -0.5)
      .applyQuaternion(this.headOrientation)
      .add(this.headPosition);
    this.bench?.mesh.position
      .set(0, 0.25, -1.1)
      .applyQuaternion(this.headOrientation)
      .add(this.headPosition);
    this.bench?.mesh.lookAt(this.headPosition);
  }

  /** On the side of the hand that paints, which is to reach it. */
  private placeSheetNow(): void {
    const { stage } = this.parts;
    const bounds = stage.bounds();
    const world = stage.world.matrix;
    const size = bounds.getSize(new Vector3());
    const middle = bounds.getCenter(new Vector3()).applyMatrix4(world);
    const radius = (Math.max(size.x, size.y, size.z) / 2) * scaleOf(world);
    const head = { position: this.headPosition, orientation: this.headOrientation };
    const side = this.controls.dominant.side === "right" ? 1 : -1;
    placeSheet(this.sheet.mesh.matrix, head, middle, radius, this.sheet.width, side);
    this.sheet.mesh.matrixWorldNeedsUpdate = true;
    this.sheetPlaced = true;
  }

  /** Near the other hand, turned to the eyes; without a second hand where it was parked. */
  private movePalette(): void {
    const { controls, palette } = this;
    const hand = controls.other;
    const beside = hand.side === "left" ? PALETTE_TURN : -PALETTE_TURN;
    if (hand.tracked) {
      // A little towards the middle, so that the other hand need not cross so far.
      this.at.set(beside, 0, 0).applyQuaternion(this.headOrientation);
      this.at.y = PALETTE_ABOVE;
      this.at.add(hand.position);
    } else if (hand.source)
      return; // lost for a moment: it stays where it was
    else this.at.copy(this.parked);
    this.facing.lookAt(this.headPosition, this.at, this.upright);
    palette.mesh.matrix.copy(this.facing).setPosition(this.at);
    palette.mesh.matrixWorldNeedsUpdate = true;
  }

  private showBrush(): void {
    const { controls, brush } = this;
    const { cloud, state } = this.parts;
    const hand = controls.dominant;
    const visible = hand.tracked && !controls.holding;
    brush.mesh.visible = visible;
    const colour = controls.subtracting ? TAKES : PAINTS;
    // At the palette it is a stylus.
    brush.set(controls.brushShown ? state.xr.radius.value : STYLUS, colour, controls.stroke.active);
    brush.mesh.position.copy(controls.brushShown ? hand.brush : hand.touch);
    cloud.setBrush(controls.brush, visible && controls.brushShown ? controls.brushRadius : 0);
    cloud.setBrushColour(colour);
    if (controls.pointing.how === "ray" && !controls.stroke.active)
      this.ray.show(hand.rayOrigin, controls.pointing.hit);
    else this.ray.hide();
    this.palette.light(controls.onSheet ? null : controls.pointing.tile);
    this.sheet.light(controls.onSheet ? controls.pointing.tile : null);
  }

  /** Above and beside the brush, away from the palette. */
  private showCard(): void {
    const { card, controls } = this;
    const picture = this.pictureAtHand();
    const item =
      picture >= 0
        ? picture
        : controls.brushShown && !controls.holding
          ? controls.under.nearest
          : -1;
    this.parts.state.xr.atBrush.value = item;
    card.show(item, controls.brushShown && this.parts.state.forces.map.value);
    this.parts.cloud.setHovered(item);
    this.readForces(item);
    if (!card.mesh.visible) return;
    if (picture >= 0) {
      this.cardOverSheet();
      return;
    }
    const hand = controls.dominant;
    const radius = this.parts.state.xr.radius.value;
    const side = hand.side === "right" ? 1 : -1;
    // As large for the eye as near at hand: what it says has to be read.
    const size = Math.max(1, hand.brush.distanceTo(this.headPosition) / CARD_NEAR);
    this.at.set(side * (radius + 0.055 * size), radius + 0.02 + 0.02 * size, 0.05);
    card.mesh.position.copy(hand.brush).add(this.at.applyQuaternion(this.headOrientation));
    card.mesh.scale.setScalar(size);
    card.mesh.lookAt(this.headPosition);
  }

  /** The item whose picture on the sheet the hand is at; -1 for none. */
  private pictureAtHand(): number {
    const { onSheet, pointing } = this.controls;
    const action = onSheet ? pointing.tile?.action : undefined;
    if (action?.kind !== "picture") return -1;
    return this.parts.state.review.sheet.value?.items[action.place]?.item ?? -1;
  }

  /** Over the sheet's edge, above the picture it is of: it hides none. */
  private cardOverSheet(): void {
    const { card, sheet, controls } = this;
    const across = controls.pointing.across / 1000 - sheet.width / 2;
    this.at.set(across, sheet.height / 2 + CARD_ABOVE, 0.01).applyMatrix4(sheet.mesh.matrix);
    card.mesh.position.copy(this.at);
    card.mesh.scale.setScalar(CARD_OVER_SHEET);
    card.mesh.lookAt(this.headPosition);
  }

  /** How the model sees the item at the brush, where arrows or what it imagines are wanted. */
  private readForces(item: number): void {
    const { state, commands } = this.parts;
    if (item === this.readItem) return;
    this.readItem = item;
    if (state.forces.shown.value !== "hovered" && !state.forces.map.value) return;
    state.hovered.value = item < 0 ? null : { item, x: 0, y: 0 };
    commands.probe(item < 0 ? [] : [item]);
  }

  /** Ask what lies at the brush, where that is wanted. */
  private lookAtPlace(now: number): void {
    const { state, commands } = this.parts;
    if (!state.forces.map.value || !this.controls.brushShown || now - this.lookedAt < LOOK_MS)
      return;
    this.lookedAt = now;
    const { origin, size } = state.latent.box;
    const { x, y, z } = this.controls.brush;
    commands.look([
      origin[0] + size * (x + 0.5),
      origin[1] + size * (y + 0.5),
      origin[2] + size * (z + 0.5),
    ]);
  }

  /**
   * Of the boards that show something else now at most one a frame, in turn: each costs as much as all else of a frame. Where a keyframe has
   * come or the brush has looked, they wait: but not for long, whatever comes in every frame.
   */
  private drawBoards(now: number): void {
    const { boards, controls } = this;
    const { version } = this.parts.state.latent;
    const busy = version !== this.keyframe || controls.lookedAt === now;
    this.keyframe = version;
    this.waited = busy && this.waited < BOARDS_WAIT ? this.waited + 1 : 0;
    if (this.waited > 0) return;
    for (let k = 0; k < boards.length; k++) {
      this.turn = (this.turn + 1) % boards.length;
      const board = boards[this.turn] as Board;
      if (!board.mesh.visible || now - board.drawnAt < BOARD_MS) continue;
      if (!board.drawIfStale()) continue;
      board.drawnAt = now;
      break;
    }
    if (!this.bench || now - this.benchShown < BENCH_MS) return;
    this.benchShown = now;
    this.bench.show(this.figures());
    this.bench.drawIfStale();
  }

  private dress(hand: TrackedHand, source: XRInputSource): void {
    this.undress(hand);
    const { spaces } = hand;
    if (!spaces) return;
    const model = this.setting.models.create(source, spaces.hand);
    (source.hand ? spaces.hand : spaces.grip).add(model);
    this.drawn[hand.side] = model;
    this.parts.state.xr.bare.value = hand.bare;
  }

  private undress(hand: TrackedHand): void {
    this.drawn[hand.side]?.giveUp();
    this.drawn[hand.side] = null;
  }

  private layerHeight(): number {
    const layer = this.parts.stage.renderer.xr.getBaseLayer() as Partial<
      XRProjectionLayer & XRWebGLLayer
    > | null;
    return layer?.textureHeight ?? layer?.framebufferHeight ?? 1;
  }
}
