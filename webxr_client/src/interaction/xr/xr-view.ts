/**
 * View of the headset: places hands, palette, brush and card, and draws each frame. A frame in
 * which nothing changes allocates nothing.
 */
import { effect, untracked } from "@preact/signals";
import { Group, PerspectiveCamera, type Texture, Vector3 } from "three";
import type { Atlas } from "../../scene/cloud/atlas.js";
import type { PointCloud } from "../../scene/cloud/point-cloud.js";
import type { Presenter, Stage } from "../../scene/stage.js";
import type { BenchFigures } from "../../scene/xr/boards/bench-board.js";
import { DrawSchedule } from "../../scene/xr/boards/draw-schedule.js";
import { ItemCard } from "../../scene/xr/boards/item-card.js";
import { PaletteBoard } from "../../scene/xr/boards/palette-board.js";
import { SheetBoard } from "../../scene/xr/boards/sheet-board.js";
import type { InputModels } from "../../scene/xr/input-models.js";
import { fitBox, roomLights } from "../../scene/xr/room.js";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import type { XrMode } from "../../state/xr-state.js";
import type { BenchDisplay } from "./bench-display.js";
import { layOutBoards } from "./board-layout.js";
import { BrushProbe } from "./brush/brush-probe.js";
import { CloudDrawing } from "./cloud-drawing.js";
import { CloudPlacement } from "./cloud-placement.js";
import { XrControls } from "./controls.js";
import { FrameClock } from "./frame-clock.js";
import { figuresOf } from "./frame-figures.js";
import { scaleOf } from "./grab/transform.js";
import { HandDisplay } from "./hand-display.js";
import { HandModels } from "./input/hand-models.js";
import type { TrackedHand } from "./input/tracked-hand.js";
import { XrInputs } from "./input/xr-inputs.js";
import { loadWhen } from "./load-when.js";
import { PaletteDisplay } from "./palette-display.js";
import type { PeerFollower } from "./peer-follower.js";
import { HeadPose } from "./placement/head-pose.js";
import { placeSheet } from "./placement/placement.js";
import { PresenceSender } from "./presence-sender.js";
import { Scenery } from "./scenery.js";
import { Senses } from "./senses.js";
import type { XrSurroundings } from "./surroundings.js";
import type { WalkDisplay } from "./walk.js";
import type { Bench } from "./xr-bench.js";

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
  /** Measurements, whose board shows the cost of a frame; null without `?bench`. */
  bench: Bench | null;
  /** Whether the quality of the picture follows the time between frames. */
  adapts: boolean;
  models: InputModels;
}

/** Distance of the near plane from the eyes, metres. A picture at 0.08 m is still drawn. */
const NEAR = 0.05;
/** Distance of the far plane from the eyes, metres. The floor and an enlarged cloud are nearer. */
const FAR = 50;

export class XrView implements Presenter {
  readonly controls: XrControls;
  readonly palette: PaletteBoard;
  readonly sheet: SheetBoard;
  readonly card: ItemCard;
  readonly inputs: XrInputs;
  readonly clock: FrameClock;
  private readonly bench: BenchDisplay | null;
  private readonly camera = new PerspectiveCamera(50, 1, NEAR, FAR);
  private readonly room = new Group();
  private readonly scenery: Scenery;
  private readonly drawing: CloudDrawing;
  private readonly drawn: HandModels;
  private readonly display: HandDisplay;
  private readonly presence: PresenceSender;
  /** Moves the cloud to the views of others; null until others are connected. */
  private follower: PeerFollower | null = null;
  private readonly undo: (() => void)[] = [];
  private readonly head = new HeadPose();
  readonly paletteDisplay: PaletteDisplay;
  private readonly senses: Senses;
  /** Pictures between two items; null until the person asks for them. */
  private walk: WalkDisplay | null = null;
  private readonly probe: BrushProbe;
  private readonly schedule: DrawSchedule;
  private readonly at = new Vector3();
  readonly placement: CloudPlacement;
  private sheetPlaced = false;
  /** Version of the newest keyframe when the last frame was drawn. */
  private keyframe = -1;
  private lastNow = 0;
  /** Whether the cloud was given new arrays since the last frame. */
  private newArrays = false;
  /** Factor that keeps the size of points in the room unchanged after the scene's box changes. */
  private pointShare = 1;

  constructor(
    private readonly parts: XrParts,
    setting: XrSetting,
  ) {
    const { state, commands, stage, atlas } = parts;
    const { mode, onFloor } = setting;
    this.scenery = new Scenery(state, stage, parts.cloud, mode, onFloor, this.upload);
    this.placement = new CloudPlacement(stage, this.head, this.scenery.box.mesh, onFloor);
    this.palette = new PaletteBoard(state);
    this.sheet = new SheetBoard(state, atlas);
    this.card = new ItemCard(state, atlas);
    this.bench = setting.bench ? new setting.bench.BenchDisplay() : null;
    this.schedule = new DrawSchedule(
      [this.palette, this.palette.head, this.card, this.sheet],
      this.upload,
    );
    this.drawing = new CloudDrawing(stage, parts.cloud, mode, setting.adapts);
    this.probe = new BrushProbe(state, commands);
    this.presence = new PresenceSender(commands);
    const surroundings: XrSurroundings = {
      roomFromScene: stage.world.matrix,
      head: this.head,
      palette: this.palette,
      sheet: this.sheet,
      showGrabbed: (items) => parts.cloud.setGrabbed(items),
      session: () => stage.renderer.xr.getSession(),
    };
    // True until a controller connects. Bare hands may connect only when they first pinch.
    state.xr.bare.value = true;
    // The controls need the hands of the inputs. The inputs call the controls through `forward`.
    const forward = {
      connected: (hand: TrackedHand, source: XRInputSource) => {
        this.drawn.attach(hand, source);
        state.xr.bare.value = hand.bare;
        this.controls.connected();
      },
      disconnected: (hand: TrackedHand) => {
        this.drawn.detach(hand);
        this.controls.disconnected(hand);
      },
      press: (hand: TrackedHand) => this.walk?.press(hand) || this.controls.press(hand),
      release: (hand: TrackedHand) => this.controls.release(hand),
      cancel: (hand: TrackedHand) => this.controls.cancel(hand),
      squeeze: (hand: TrackedHand) => this.controls.squeeze(hand),
      unsqueeze: (hand: TrackedHand) => this.controls.unsqueeze(hand),
    };
    this.drawn = new HandModels(setting.models);
    this.inputs = new XrInputs(stage.renderer.xr, forward);
    this.senses = new Senses(state, stage, this.inputs);
    this.controls = new XrControls(state, commands, this.inputs, surroundings);
    const { palette, card, sheet, controls } = this;
    this.clock = setting.bench
      ? new setting.bench.BenchClock(state, {
          boards: { palette, head: palette.head, card, sheet },
          brush: controls.brush,
        })
      : new FrameClock();
    this.paletteDisplay = new PaletteDisplay(this.palette, this.controls);
    this.display = new HandDisplay(state, parts.cloud, this.controls, this, this.probe);
    this.build();
    this.watch();
    this.display.loadShape(this.room);
  }

  private readonly upload = (texture: Texture) => this.parts.stage.renderer.initTexture(texture);

  /** In the next frame, place the cloud and any open contact sheet in front of the person again. */
  place(): void {
    this.placement.ask();
    this.sheetPlaced = false;
  }

  /** Adapt to another origin of the room: the person has recentred the view. */
  recentre(): void {
    this.controls.interrupt();
    this.place();
  }

  draw(now: number, frame: XRFrame, time = now): void {
    const { stage, cloud, state } = this.parts;
    const { renderer } = stage;
    if (this.newArrays) this.showInHand();
    const seconds = Math.min(0.1, (now - this.lastNow) / 1000);
    this.lastNow = now;
    this.clock.begin(now);
    cloud.update(time);
    this.head.read(renderer.xr.getCamera().cameras);
    const space = renderer.xr.getReferenceSpace();
    if (this.placement.frame(now, frame, space)) this.cloudPlaced();
    this.inputs.update(now, frame, space);
    this.paletteDisplay.update(this.head, seconds);
    if (!this.sheetPlaced && this.sheet.mesh.visible) this.placeSheetNow();
    this.controls.frame(now, seconds);
    if (this.placement.placed) this.follower?.frame(now);
    stage.world.matrixWorldNeedsUpdate = true;
    this.display.update(this.head, now);
    this.walk?.update(this.head, stage.world.matrix);
    if (this.controls.brushShown) this.probe.decode(this.controls.brush.centre, now);
    this.senses.update(now);
    stage.beforeFrame(true);
    this.drawn.frame();
    this.drawBoards(now);
    this.presence.send(now, stage.world.matrix, this.head, this.inputs, state.people.call.value);
    cloud.setGrab(this.controls.grab.shownFromPlace);
    this.drawing.update(now, this.pointShare);
    this.scenery.frame(now, seconds, this.head, this.drawing.quality.level.shadow);
    renderer.render(stage.scene, this.camera);
    this.clock.end(performance.now(), renderer.info.render.calls);
  }

  figures(): BenchFigures {
    const { state, stage } = this.parts;
    const quality = this.drawing.quality.index;
    return { ...figuresOf(this.clock, stage.renderer.xr, state.latent.n), quality };
  }

  dispose(): void {
    const { stage, cloud, state } = this.parts;
    this.controls.endAll();
    this.inputs.dispose();
    this.placement.dispose();
    for (const hand of [this.inputs.left, this.inputs.right]) this.drawn.detach(hand);
    for (const undo of this.undo) undo();
    cloud.setGrabbed(new Uint32Array(0));
    cloud.setBrush(this.at.set(0, 0, 0), 0);
    cloud.setHovered(-1);
    this.drawing.dispose();
    stage.scene.remove(this.room);
    state.xr.atBrush.value = state.xr.aimed.value = -1;
    state.xr.holding.value = false;
    state.xr.naming.target.value = null;
    // The page needs a current picture; in VR, the current picture can be NO_PICTURE.
    state.review.at.value = Math.max(0, state.review.at.peek());
    const { palette, sheet, card, display, bench, senses, walk, scenery } = this;
    const parts = [palette, sheet, card, display, bench, senses, walk, scenery];
    for (const part of parts) part?.dispose();
  }

  private build(): void {
    const { stage } = this.parts;
    this.room.add(
      ...roomLights(),
      this.display.brush.mesh,
      this.display.ray.line,
      this.palette.mesh,
      this.sheet.mesh,
      this.card.mesh,
    );
    if (this.bench) this.room.add(this.bench.mesh);
    for (const spaces of this.inputs.spaces) this.room.add(spaces.ray, spaces.grip, spaces.hand);
    this.palette.mesh.matrixAutoUpdate = false;
    stage.scene.add(this.room);
  }

  private watch(): void {
    const { state, commands, stage } = this.parts;
    this.undo.push(
      effect(() => {
        state.sceneVersion.value;
        untracked(() => this.changeScene());
      }),
      ...layOutBoards(state, this.palette, this.sheet, () => {
        this.sheetPlaced = false;
      }),
      loadWhen(
        () => state.rules.list.value.length > 0,
        () => import("./grab/rule-hold.js"),
        ({ RuleHold }) => {
          const room = { roomFromScene: stage.world.matrix };
          this.controls.grasps.rule = new RuleHold(state, commands, room);
        },
      ),
      loadWhen(
        () => state.persons.value.length > 0,
        () => import("./peer-follower.js"),
        ({ PeerFollower: Follower }) => {
          const middle = () => stage.bounds().getCenter(this.at);
          const { head, controls } = this;
          this.follower = new Follower(state, head, stage.world.matrix, middle, controls);
        },
      ),
      loadWhen(
        () => state.forces.walk.value !== null,
        () => import("./walk.js"),
        ({ WalkDisplay: Walk }) => {
          this.walk = new Walk(state, commands, this.controls);
          this.schedule.boards.push(this.walk.strip);
          this.room.add(this.walk.strip.mesh);
        },
      ),
    );
  }

  /** Adapt to a new scene now: events can refer to the new scene before the next frame. */
  private changeScene(): void {
    const change = this.controls.sceneChanged();
    if (change === "cloud" || change === "dimension") this.place();
    if (change === "box") {
      this.pointShare *= this.controls.scenes.boxRatio;
      fitBox(this.scenery.box.mesh, this.parts.stage.bounds());
    }
    this.newArrays = true;
  }

  /** Draw the grabbed items in the hand again, after a new scene has replaced all points. */
  private showInHand(): void {
    this.newArrays = false;
    this.controls.showInHand();
  }

  /** Adapt to a cloud that was placed in front of the person. */
  private cloudPlaced(): void {
    this.pointShare = 1;
    this.follower?.again();
    this.paletteDisplay.park(this.head);
    this.bench?.place(this.head);
  }

  /** Place the sheet on the side of the hand that paints, within the reach of that hand. */
  private placeSheetNow(): void {
    const { stage } = this.parts;
    const bounds = stage.bounds();
    const roomFromScene = stage.world.matrix;
    const size = bounds.getSize(new Vector3());
    const middle = bounds.getCenter(new Vector3()).applyMatrix4(roomFromScene);
    const radius = (Math.max(size.x, size.y, size.z) / 2) * scaleOf(roomFromScene);
    const side = this.controls.dominant.side === "right" ? 1 : -1;
    placeSheet(this.sheet.mesh.matrix, this.head, middle, radius, side);
    this.sheet.mesh.matrixWorldNeedsUpdate = true;
    this.sheetPlaced = true;
  }

  /**
   * Draw one board whose content has changed. If this frame had a new keyframe or a brush query,
   * the drawing can wait for a later frame.
   */
  private drawBoards(now: number): void {
    const { version } = this.parts.state.latent;
    const busy = version !== this.keyframe || this.controls.brush.queriedAt === now;
    this.keyframe = version;
    if (!this.schedule.draw(now, busy)) return;
    const { bench } = this;
    if (bench?.update(now, () => this.figures())) this.upload(bench.board.texture);
  }
}
