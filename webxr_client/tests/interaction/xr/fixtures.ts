/** Clouds, hands and rooms for tests, without a headset. */
import { type Group, Matrix4, Quaternion, Vector3 } from "three";
import { XrControls } from "../../../src/interaction/xr/controls.js";
import { RuleHold } from "../../../src/interaction/xr/grab/rule-hold.js";
import { TrackedHand } from "../../../src/interaction/xr/input/tracked-hand.js";
import { GRID_STEPS, type SessionInfo } from "../../../src/protocol/messages.js";
import {
  forceTiles,
  menuTiles,
  nameTiles,
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  type PaletteSide,
  paletteTiles,
  peopleTiles,
  reviewTiles,
  type Tile,
  timeTiles,
} from "../../../src/scene/xr/boards/palette-layout.js";
import {
  SHEET_HEIGHT,
  SHEET_WIDTH,
  sheetTiles,
} from "../../../src/scene/xr/boards/sheet-layout.js";
import { AppState } from "../../../src/state/app-state.js";
import type { Commands } from "../../../src/state/commands.js";
import { LatentState } from "../../../src/state/latent-state.js";
import { openCalls } from "../../../src/state/peer-calls.js";
import { NO_PICTURE } from "../../../src/state/review-state.js";

/** Pseudo-random numbers 0..1, the same sequence for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The latent state of a cloud at `points`, scene metres. */
export function latentOf(points: readonly (readonly number[])[], dimension = 3): LatentState {
  const latent = new LatentState();
  latent.n = points.length;
  latent.latentDim = dimension;
  latent.to = new Uint16Array(4 * points.length);
  points.forEach((point, i) => {
    for (let axis = 0; axis < dimension; axis++)
      latent.to[4 * i + axis] = Math.round((point[axis]! + 0.5) * (GRID_STEPS - 1));
  });
  latent.from = latent.to.slice();
  latent.revision = latent.received = 7;
  latent.version = 1;
  return latent;
}

/** Round heaps of `count` normally distributed points each. `spread`: standard deviation. */
export function blobs(
  centres: readonly (readonly number[])[],
  count: number,
  spread: number,
  seed: number,
): { points: number[][]; group: number[] } {
  const random = seeded(seed);
  const normal = () =>
    Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  const points: number[][] = [];
  const group: number[] = [];
  centres.forEach((centre, k) => {
    for (let i = 0; i < count; i++) {
      points.push(centre.map((value) => value + spread * normal()));
      group.push(k);
    }
  });
  return { points, group };
}

/** A hand whose poses the test sets. `pulses`: strengths of the haptic pulses of the hand. */
export class FakeHand extends TrackedHand {
  readonly pulses: number[] = [];
  private bareHand = false;

  constructor(side: "left" | "right", bare = false) {
    super(side);
    this.bareHand = bare;
    this.appear();
  }

  override get bare(): boolean {
    return this.bareHand;
  }

  override pulse(strength: number): void {
    this.pulses.push(strength);
  }

  /** The test moves the hand; there is no headset to read. */
  override update(): void {}

  appear(): void {
    this.source = { handedness: this.side } as XRInputSource;
    this.spaces = { ray: {} as Group, grip: {} as Group, hand: {} as never };
    this.tracked = true;
    this.lostSince = 0;
  }

  /** Move hand, brush and fingertip to one place of the room. */
  at(x: number, y: number, z: number): this {
    this.position.set(x, y, z);
    this.brush.set(x, y, z);
    this.touch.set(x, y, z);
    this.rayOrigin.set(x, y, z);
    this.rayDirection.set(0, 1, 0); // the ray points up, away from the palette
    this.roomFromHand.compose(this.position, new Quaternion(), new Vector3(1, 1, 1));
    return this;
  }
}

export const identity = () => new Matrix4();

export const LEFT_HEAP = [-0.3, 0, 0] as const;
export const RIGHT_HEAP = [0.3, 0, 0] as const;
export const COUNT = 120;
/** Pose of the palette, which is behind everything and faces +z. */
export const PALETTE = new Matrix4().setPosition(0, 0, -2);
/** Pose of the contact sheet, which is beside the palette. */
export const SHEET = new Matrix4().setPosition(0.6, 0, -2);

/** The controls of two hands in a room, with a palette and a sheet, and the commands they send. */
export class Room {
  readonly state = new AppState();
  readonly calls: [string, ...unknown[]][] = [];
  readonly left: FakeHand;
  readonly right: FakeHand;
  readonly world = new Matrix4();
  readonly tiles: Tile[] = paletteTiles(3, 0);
  grabbed = 0;
  side: PaletteSide = "classes";
  readonly sheet = { mesh: { matrix: SHEET, visible: false }, tiles: [] as Tile[] };
  fixable = false;
  /** The running session, for the keyboard of the headset. */
  session: XRSession | null = null;
  /** Whether commands succeed. */
  accepts = true;
  now = 1000;
  readonly controls: XrControls;

  constructor(bare = false) {
    const heaps = blobs([LEFT_HEAP, RIGHT_HEAP], COUNT, 0.012, 2);
    const latent = latentOf(heaps.points);
    Object.assign(this.state, { latent });
    this.state.annotations.reset(
      new Int16Array(2 * COUNT).fill(-1),
      new Int16Array(2 * COUNT).fill(-1),
      new Uint8Array(2 * COUNT),
    );
    this.state.classes.value = [0, 1, 2].map((class_id) => ({
      class_id,
      name: String(class_id),
      colour: "#ffffff",
    }));
    this.left = new FakeHand("left", bare).at(-0.6, 0.3, 0.3);
    this.right = new FakeHand("right", bare).at(0.6, 0.3, 0.3);
    const commands = new Proxy(
      {},
      {
        get:
          (_, name: string) =>
          (...args: unknown[]) => {
            this.calls.push([name, ...args]);
            if (name === "label" || name === "clearSelection")
              this.state.selection.value = {
                items: new Uint32Array(0),
                regions: [],
                tool: "brush",
                revision: -1,
              };
            return this.accepts;
          },
      },
    ) as Commands;
    this.controls = new XrControls(this.state, commands, this, {
      roomFromScene: this.world,
      head: { position: new Vector3(0, 1.6, 0.6) },
      palette: {
        mesh: { matrix: PALETTE },
        tiles: this.tiles,
        turnPage: () => this.calls.push(["turnPage"]),
        turnTo: (side) => {
          this.side = side;
          const { naming } = this.state.xr;
          const sides = {
            classes: paletteTiles(3, 0, naming.target.value === "pick"),
            menu: menuTiles(this.state.persons.value.length > 0),
            time: timeTiles(),
            force: forceTiles(this.fixable),
            review: reviewTiles(this.state.conflicting.value),
            people: peopleTiles(this.state.persons.value, 0, openCalls(this.state).length > 0),
            names: nameTiles(naming.words.value.length, 0, naming.ways.value),
          };
          this.tiles.splice(0, this.tiles.length, ...sides[side]);
        },
      },
      sheet: this.sheet,
      session: () => this.session,
      showGrabbed: (items) => {
        this.grabbed = items.length;
      },
    });
    const room = { roomFromScene: this.world };
    this.controls.grasps.rule = new RuleHold(this.state, commands, room);
    this.frames(1);
  }

  /** Run `count` frames of 20 ms. */
  frames(count: number): void {
    for (let k = 0; k < count; k++) {
      this.now += 20;
      this.controls.frame(this.now, 0.02);
    }
  }

  /** Allow this client to label items. */
  annotate(): void {
    this.state.session.value = { read_only: false, role: "owner" } as SessionInfo;
  }

  press(hand: FakeHand): void {
    hand.pressed = true;
    this.controls.press(hand);
  }

  release(hand: FakeHand): void {
    hand.pressed = false;
    this.controls.release(hand);
  }

  paint(hand: FakeHand, at: readonly [number, number, number]): void {
    hand.at(...at);
    this.frames(1);
    this.press(hand);
    this.frames(5);
    this.release(hand);
  }

  get selected(): number {
    return this.state.selection.value.items.length;
  }

  /** Middle of a tile, in room metres. `which`: id of the class, or place of the picture. */
  tile(kind: string, which = 0): Vector3 {
    const is = ({ action }: Tile) =>
      action.kind === kind &&
      (action.kind !== "class" || action.classId === which) &&
      (action.kind !== "picture" || action.place === which);
    const own = this.tiles.find(is);
    const tile = own ?? (this.sheet.tiles.find(is) as Tile);
    const [width, height] = own ? [PALETTE_WIDTH, PALETTE_HEIGHT] : [SHEET_WIDTH, SHEET_HEIGHT];
    return new Vector3(
      (tile.x + tile.width / 2 - width / 2) / 1000,
      (height / 2 - tile.y - tile.height / 2) / 1000,
      0,
    ).applyMatrix4(own ? PALETTE : SHEET);
  }

  /** Open a contact sheet of the first `count` items. */
  openSheet(count = 5): void {
    const items = Array.from({ length: count }, (_, item) => ({
      item,
      class_id: 0,
      prediction: 1,
      confidence: 0.8,
      doubt: 0.8,
      proposed: 0,
      group: Math.floor(item / 2),
    }));
    const { review, selection } = this.state;
    review.sheet.value = {
      kind: "suspects",
      items,
      groups: [],
      total: count,
      expectedWrong: 4,
      reason: "",
      status: "open",
    };
    review.at.value = NO_PICTURE;
    selection.value = {
      items: Uint32Array.from(items, ({ item }) => item),
      regions: [],
      tool: "sheet",
      revision: 7,
    };
    this.sheet.mesh.visible = true;
    this.sheet.tiles.splice(0, 99, ...sheetTiles({ items, status: "open" }));
  }

  aimAt(hand: FakeHand, kind: string, which = 0): void {
    const target = this.tile(kind, which);
    hand.at(target.x, target.y + 0.1, target.z + 0.8);
    hand.rayDirection.copy(target).sub(hand.rayOrigin).normalize();
    this.frames(1);
  }

  touch(hand: FakeHand, kind: string, which = 0): void {
    const { x, y, z } = this.tile(kind, which);
    for (const away of [0.05, 0, 0.05]) {
      hand.at(x, y, z + away);
      this.frames(1);
    }
  }
}
