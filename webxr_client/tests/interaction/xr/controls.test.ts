/** What hands do: each gesture from its beginning to its end, and what becomes of it when the hand is lost on the way. */
import { Matrix4, Vector3 } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { freeName } from "../../../src/interaction/xr/boards/run-tile.js";
import { XrControls } from "../../../src/interaction/xr/controls.js";
import {
  MAX_ANCHORED,
  type SessionInfo,
  type Settings,
  type Tick,
  type Timeline,
  type Training,
} from "../../../src/protocol/messages.js";
import type { Box, SceneFile } from "../../../src/protocol/scene-file.js";
import {
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  type PaletteSide,
  paletteTiles,
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
import { NO_PICTURE } from "../../../src/state/review-state.js";
import { blobs, bytesAFrame, FakeHand, latentOf } from "./fixtures.js";

const LEFT_HEAP = [-0.3, 0, 0] as const;
const RIGHT_HEAP = [0.3, 0, 0] as const;
const COUNT = 120;
/** The palette hangs behind everything, facing +z. */
const PALETTE = new Matrix4().setPosition(0, 0, -2);
/** A contact sheet beside it, where there is one. */
const SHEET = new Matrix4().setPosition(0.6, 0, -2);

class Room {
  readonly state = new AppState();
  readonly calls: [string, ...unknown[]][] = [];
  readonly left: FakeHand;
  readonly right: FakeHand;
  readonly world = new Matrix4();
  readonly tiles: Tile[] = paletteTiles(3, 0);
  grabbed = 0;
  side: PaletteSide = "classes";
  readonly sheet = { mesh: { matrix: SHEET, visible: false }, tiles: [] as Tile[] };
  mend = false;
  /** Whether commands are followed. */
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
      palette: {
        mesh: { matrix: PALETTE },
        tiles: this.tiles,
        turnPage: () => this.calls.push(["turnPage"]),
        turnTo: (side) => {
          this.side = side;
          const sides = {
            classes: paletteTiles(3, 0),
            time: timeTiles(this.mend),
            review: reviewTiles(),
          };
          this.tiles.splice(0, this.tiles.length, ...sides[side]);
        },
      },
      sheet: this.sheet,
      showGrabbed: (items) => {
        this.grabbed = items.length;
      },
    });
    this.frames(1);
  }

  /** `count` frames of 20 ms. */
  frames(count: number): void {
    for (let k = 0; k < count; k++) {
      this.now += 20;
      this.controls.frame(this.now, 0.02);
    }
  }

  /** As one who may label. */
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

  /** The middle of a tile. `which`: of classes or of the sheet's pictures. */
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

  /** A contact sheet of the first items. */
  openSheet(count = 5): void {
    const items = Array.from({ length: count }, (_, item) => ({
      item,
      class_id: 0,
      prediction: 1,
      confidence: 0.8,
      doubt: 0.8,
    }));
    const { review, selection } = this.state;
    review.sheet.value = {
      kind: "suspects",
      items,
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

let room: Room;
beforeEach(() => {
  room = new Room();
});

describe("the brush", () => {
  it("selects what it touches, adds, and clears in empty space", () => {
    room.paint(room.right, LEFT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    expect(room.state.selection.value).toMatchObject({ tool: "brush", revision: 7 });
    room.paint(room.right, RIGHT_HEAP);
    expect(room.selected).toBeGreaterThan(1.8 * COUNT);
    room.paint(room.right, [0, 0.4, 0.4]);
    expect(room.selected).toBe(0);
  });
  it("takes away with the other trigger held, or by the palette", () => {
    room.paint(room.right, LEFT_HEAP);
    room.press(room.left);
    expect(room.controls.subtracting).toBe(true);
    room.paint(room.right, LEFT_HEAP);
    room.release(room.left);
    expect(room.selected).toBe(0);
    room.paint(room.right, RIGHT_HEAP);
    room.touch(room.right, "subtract");
    room.paint(room.right, RIGHT_HEAP);
    expect(room.selected).toBe(0);
  });
  it("freezes the points while it is held, and lets them go on after", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    expect(room.state.latent.frozen).toBe(true);
    room.release(room.right);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("grows over a cluster, wider with the stick", () => {
    room.touch(room.right, "cluster");
    room.state.xr.setDensity(0.9);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    const strict = room.selected;
    room.right.stickY = -1;
    room.frames(100);
    room.right.stickY = 0;
    room.release(room.right);
    expect(room.selected).toBeGreaterThan(strict);
    expect(room.state.selection.value.tool).toBe("cluster");
    expect(room.state.xr.radius.value).toBeCloseTo(0.045, 9); // the stick meant the density
  });
  it("is made larger and smaller by the stick, evenly in ratio", () => {
    const before = room.state.xr.radius.value;
    room.right.stickY = -1;
    room.frames(10);
    const larger = room.state.xr.radius.value;
    room.right.stickY = 1;
    room.frames(10);
    room.right.stickY = 0;
    expect(larger).toBeGreaterThan(before);
    expect(room.state.xr.radius.value).toBeCloseTo(before, 6);
  });
  it("says how many and which item it is at, a few times a second", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(10);
    expect(room.controls.brush.hit.count).toBeGreaterThan(0.9 * COUNT);
    expect(room.controls.brush.hit.nearest).toBeGreaterThanOrEqual(0);
    expect(room.right.pulses).toHaveLength(1); // once, on the way in
    expect(room.right.pulses[0]).toBeLessThan(0.3);
  });
});

describe("a cluster", () => {
  const grab = (hand: FakeHand) => {
    room.paint(hand, LEFT_HEAP);
    hand.squeezed = true;
    room.controls.squeeze(hand);
    room.frames(1);
  };
  it("is labelled when it is dropped on a class", () => {
    grab(room.right);
    expect(room.controls.holding).toBe(true);
    expect(room.grabbed).toBeGreaterThan(0.9 * COUNT);
    const { x, y, z } = room.tile("class", 2);
    room.right.at(x, y, z + 0.03);
    room.frames(2);
    room.controls.unsqueeze(room.right);
    expect(room.calls).toEqual([["label", 2]]);
    expect(Math.max(...room.right.pulses)).toBeGreaterThan(0.8);
    room.frames(60);
    expect(room.grabbed).toBe(0);
  });
  it("springs back when it is dropped in space, and nothing is labelled", () => {
    grab(room.right);
    room.right.at(0, 0.5, 0.3);
    room.frames(2);
    const moved = room.controls.grab.moved.clone();
    expect(moved.equals(new Matrix4())).toBe(false);
    room.controls.unsqueeze(room.right);
    room.frames(60);
    expect(room.controls.grab.moved.equals(new Matrix4())).toBe(true);
    expect(room.calls).toEqual([]);
    expect(room.selected).toBeGreaterThan(0);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("pulls the model along and stays pinned where it is dropped in space", () => {
    room.annotate();
    grab(room.right);
    expect(room.state.latent.frozen).toBe(false); // its neighbours are to be seen following
    const before = room.state.latent.latentMean(0, 1);
    room.right.at(-0.3, 0.9, 0.3);
    room.frames(8);
    const drags = room.calls.filter(([name]) => name === "drag");
    expect(drags.length).toBeGreaterThan(1);
    expect(drags.length).toBeLessThan(8); // not in every frame
    room.controls.unsqueeze(room.right);
    expect(room.calls.at(-1)).toEqual(["drag", new Uint32Array(0), []]);
    const [name, items, targets, keep] = room.calls.at(-2) as [
      string,
      Uint32Array,
      number[][],
      boolean,
    ];
    expect([name, items.length, targets.length, keep]).toEqual([
      "anchor",
      room.selected,
      room.selected,
      true,
    ]);
    expect(targets[0]?.[1]).not.toBeCloseTo(before, 2);
    expect(room.grabbed).toBe(0);
    expect(room.controls.grab.moved.equals(new Matrix4())).toBe(true);
  });
  it("is dropped in space where its hand only points at a class far away, and on the class where it is before it", () => {
    for (const [away, call] of [
      [0.6, "anchor"],
      [0.2, "label"],
    ] as const) {
      room = new Room();
      room.annotate();
      grab(room.right);
      const { x, y, z } = room.tile("class", 2);
      room.right.at(x, y, z + away);
      room.right.rayDirection.set(0, 0, -1);
      room.frames(2);
      expect(room.controls.pointing.tile?.action.kind).toBe(call === "label" ? "class" : undefined);
      room.controls.unsqueeze(room.right);
      expect(room.calls.map(([name]) => name).filter((name) => name !== "drag")).toEqual([call]);
    }
  });
  it("stands still in the hand where the model is not pulled, and so does all else", () => {
    grab(room.right); // nobody may label here
    expect(room.state.latent.frozen).toBe(true);
    room.controls.squeeze(room.left);
    expect(room.state.latent.frozen).toBe(true);
    room.controls.unsqueeze(room.left);
    room.controls.unsqueeze(room.right);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("of more items than can be pinned says so, and where to drop it", () => {
    room.annotate();
    const items = new Uint32Array(MAX_ANCHORED + 1); // the first one, again and again
    room.state.selection.value = { items, regions: [], tool: "brush", revision: 7 };
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.controls.squeeze(room.right);
    expect(room.controls.holding).toBe(true);
    expect(room.state.latent.frozen).toBe(true);
    expect(room.state.xr.message.value).toMatch(/20,000 items cannot be pinned.*class/);
    room.right.at(0, 0.9, 0.3);
    room.frames(5);
    room.controls.unsqueeze(room.right);
    expect(room.calls).toEqual([]);
  });
  it("is told to the model less often the larger it is", () => {
    room.annotate();
    const items = new Uint32Array(MAX_ANCHORED);
    room.state.selection.value = { items, regions: [], tool: "brush", revision: 7 };
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.controls.squeeze(room.right);
    const before = room.now;
    room.frames(100);
    const told = room.calls.filter(([name]) => name === "drag");
    const items_ms = (told.length * MAX_ANCHORED) / (room.now - before);
    expect(told.length).toBeGreaterThan(2);
    expect(items_ms).toBeLessThan(65);
    expect(told[0]?.[2]).toBe(told[1]?.[2]); // in the same numbers, written anew
    room.right.at(-0.3, 0.9, 0.3);
    room.frames(1);
    room.controls.unsqueeze(room.right);
    // Where it was let go is told whenever that is, and belongs to the command.
    const [, , targets] = room.calls.at(-2) as [string, Uint32Array, number[][]];
    expect(room.calls.at(-2)?.[0]).toBe("anchor");
    const y = targets[0]?.[1];
    grab(room.right);
    room.right.at(0.4, -0.3, 0.3);
    room.frames(5);
    expect(targets[0]?.[1]).toBe(y);
  });
  it("goes back when it was only lifted, and lets the model go", () => {
    room.annotate();
    grab(room.right);
    room.frames(3);
    room.controls.unsqueeze(room.right);
    expect(room.calls.at(-1)).toEqual(["drag", new Uint32Array(0), []]);
    expect(room.calls.some(([name]) => name === "anchor")).toBe(false);
  });
  it("pulls nothing in the past, or where one may only look", () => {
    grab(room.right);
    room.right.at(0, 0.9, 0.3);
    room.frames(5);
    room.controls.unsqueeze(room.right);
    expect(room.calls).toEqual([]);
  });
  it("is not dropped on what is no class", () => {
    grab(room.right);
    const { x, y, z } = room.tile("undo");
    room.right.at(x, y, z + 0.03);
    room.frames(2);
    room.controls.unsqueeze(room.right);
    expect(room.calls).toEqual([]);
  });
  it("goes back when its hand is lost, and it is said; when the controller is gone; when VR is hidden", () => {
    grab(room.right);
    room.right.tracked = false;
    room.right.lostSince = room.now;
    room.frames(10);
    expect(room.controls.holding).toBe(true); // a moment is nothing
    room.frames(20);
    expect(room.controls.holding).toBe(false);
    expect(room.state.xr.message.value).toMatch(
      /right controller was lost from view: the cluster went back/,
    );
    room.right.appear();
    grab(room.right);
    room.controls.disconnected(room.right);
    room.right.disconnect();
    expect(room.controls.holding).toBe(false);
    room.right.appear();
    grab(room.right);
    room.controls.endAll();
    expect(room.controls.holding).toBe(false);
    expect(room.state.latent.frozen).toBe(false);
    expect(room.calls).toEqual([]);
  });
});

describe("the world", () => {
  it("is carried by one hand and stretched by two, and nothing jumps when a hand comes or goes", () => {
    room.controls.squeeze(room.right);
    room.right.at(0.7, 0.3, 0.3);
    room.frames(1);
    expect(room.world.elements[12]).toBeCloseTo(0.1, 9);
    const before = room.world.clone();
    room.controls.squeeze(room.left);
    room.frames(1);
    expect(room.world.equals(before)).toBe(true);
    room.left.at(-1.9, 0.3, 0.3);
    room.frames(1);
    expect(room.world.elements[0]).toBeCloseTo(2, 9);
    const scaled = room.world.clone();
    room.controls.unsqueeze(room.right);
    room.frames(1);
    room.world.elements.forEach((value, k) => {
      expect(value).toBeCloseTo(scaled.elements[k] as number, 9);
    });
    room.controls.unsqueeze(room.left);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("turns by steps with a stick, once a push", () => {
    room.left.stickX = 1;
    room.frames(30);
    expect(room.world.elements[0]).toBeCloseTo(Math.cos(Math.PI / 6), 9);
    room.left.stickX = 0;
    room.frames(1);
    room.left.stickX = -1;
    room.frames(5);
    expect(room.world.elements[0]).toBeCloseTo(1, 9);
  });
  it("does not turn by a stick that is pushed up, however much it leans, nor twice when it rolls on from there", () => {
    room.right.stickX = 0.72;
    room.right.stickY = -0.9;
    room.frames(5);
    expect(room.world.equals(new Matrix4())).toBe(true);
    for (const y of [-0.1, -0.9, -0.1]) {
      room.right.stickY = y;
      room.frames(5);
    }
    expect(room.world.elements[0]).toBeCloseTo(Math.cos(Math.PI / 6), 9);
  });
});

describe("the palette", () => {
  it("labels what is selected at a touch, once, and says so when nothing is", () => {
    room.touch(room.right, "class", 1);
    expect(room.calls).toEqual([]);
    expect(room.state.xr.message.value).toMatch(/Nothing is selected/);
    room.paint(room.right, LEFT_HEAP);
    expect(room.state.xr.message.value).toBe("");
    const { x, y, z } = room.tile("class", 1);
    room.right.at(x, y, z + 0.05);
    room.frames(1);
    room.right.at(x, y, z - 0.01);
    room.frames(20);
    expect(room.calls).toEqual([["label", 1]]);
  });
  it("gives no firm pulse where nothing was labelled, and says why where this may only look", () => {
    for (const looks of [true, false]) {
      room = new Room();
      if (!looks) room.annotate();
      room.paint(room.right, LEFT_HEAP);
      room.right.pulses.length = 0;
      room.accepts = false;
      room.touch(room.right, "class", 1);
      expect(room.calls).toEqual([["label", 1]]);
      expect(Math.max(...room.right.pulses)).toBeLessThan(0.5);
      if (looks) expect(room.state.xr.message.value).toMatch(/may only look/);
    }
  });
  it("takes no touch from behind", () => {
    room.paint(room.right, LEFT_HEAP);
    const { x, y, z } = room.tile("class", 1);
    for (const away of [-0.2, -0.03, 0, -0.03]) {
      room.right.at(x, y, z + away);
      room.frames(1);
    }
    expect(room.calls).toEqual([]);
  });
  it("is pressed from afar by the ray, and then nothing is painted", () => {
    room.paint(room.right, LEFT_HEAP);
    const target = room.tile("class", 0);
    room.right.at(0.1, 0.1, -1);
    room.right.rayDirection.copy(target).sub(room.right.rayOrigin).normalize();
    room.frames(6); // by then it has seen that the brush is empty
    expect(room.controls.pointing.how).toBe("ray");
    const before = room.right.pulses.length;
    room.press(room.right);
    room.release(room.right);
    expect(room.calls).toEqual([["label", 0]]);
    expect(room.right.pulses.length).toBeGreaterThan(before);
  });
  it("is not met by the ray of a brush that holds points, unless it is near", () => {
    room.paint(room.right, RIGHT_HEAP);
    const labels = (z: number) => {
      const where = PALETTE.clone();
      const target = room.tile("class", 0);
      PALETTE.setPosition(LEFT_HEAP[0] - target.x, LEFT_HEAP[1] - target.y, z);
      room.right.at(...LEFT_HEAP);
      room.right.rayDirection.set(0, 0, -1);
      room.frames(6);
      const { how } = room.controls.pointing;
      room.press(room.right);
      const painted = room.controls.stroke.active;
      room.release(room.right);
      PALETTE.copy(where);
      return { how, painted, calls: room.calls.splice(0) };
    };
    expect(labels(-0.8)).toEqual({ how: null, painted: true, calls: [] });
    expect(room.selected).toBeGreaterThan(1.8 * COUNT); // it was painted, and added
    expect(labels(-0.3)).toEqual({ how: "ray", painted: false, calls: [["label", 0]] });
  });
  it.each([
    ["undo", ["undo"]],
    ["redo", ["redo"]],
    ["pause", ["pause"]],
    ["new", ["addClass", "3"]],
    ["clear", ["clearSelection"]],
  ])("does what its tile says: %s", (kind, call) => {
    room.touch(room.right, kind);
    expect(room.calls).toEqual([call]);
  });
  it("makes the brush larger and smaller", () => {
    const before = room.state.xr.radius.value;
    room.touch(room.right, "larger");
    expect(room.state.xr.radius.value).toBeGreaterThan(before);
    room.touch(room.right, "smaller");
    expect(room.state.xr.radius.value).toBeCloseTo(before, 9);
  });
  it("takes thinner places in or leaves them out while it snaps to clusters: hands have no stick", () => {
    room.touch(room.right, "cluster");
    const { radius, density } = room.state.xr;
    const [before, size] = [density.value, radius.value];
    room.touch(room.right, "larger");
    expect(density.value).toBeLessThan(before);
    room.touch(room.right, "smaller");
    expect(density.value).toBeCloseTo(before, 9);
    expect(radius.value).toBe(size);
  });
});

describe("buttons", () => {
  it("undo and redo on the hand that paints, pause on the other", () => {
    const click = (hand: FakeHand, name: "upperClicked" | "lowerClicked" | "stickClicked") => {
      Object.defineProperty(hand, name, { value: true, configurable: true });
      room.frames(1);
      Object.defineProperty(hand, name, { value: false, configurable: true });
      room.frames(1);
    };
    click(room.right, "upperClicked");
    click(room.right, "lowerClicked");
    click(room.left, "stickClicked");
    expect(room.calls).toEqual([["undo"], ["redo"], ["pause"]]);
  });
});

describe("time and force on the palette", () => {
  beforeEach(() => {
    room.touch(room.right, "time");
    room.calls.length = 0;
    room.state.time.timeline.value = {
      moments: 101,
      end: 0,
      keyframes: { moment: [], time: [], offset: [] },
      ticks: [],
      curves: { moment: [], values: {} },
    };
  });
  it("scrubs where the timeline is touched, and only when the moment is another", () => {
    const { x, y } = room.tile("scrub");
    room.right.at(x, y, room.tile("scrub").z + 0.05);
    room.frames(1);
    room.right.at(x, y, room.tile("scrub").z - 0.002);
    room.frames(1);
    expect(room.calls).toEqual([["goTo", 50]]);
    room.state.time.live.value = false;
    room.state.time.moment.value = 50;
    room.frames(3);
    expect(room.calls).toHaveLength(1);
    room.right.at(x - 0.1, y, room.tile("scrub").z - 0.002);
    room.frames(1);
    expect(room.calls[1]?.[0]).toBe("goTo");
    expect(room.calls[1]?.[1]).toBeLessThan(10);
  });
  it("looks through many gestures' marks in every frame without allocating", () => {
    const timeline = room.state.time.timeline.value as Timeline;
    const ticks = Array.from({ length: 500 }, () => ({ moment: 10, event: "made" }) as Tick);
    room.state.time.timeline.value = { ...timeline, ticks };
    const { x, y, z } = room.tile("scrub");
    room.right.at(x, y, z - 0.002);
    room.frames(1);
    expect(room.calls).toEqual([["goTo", 50]]);
    room.state.time.live.value = false;
    room.state.time.moment.value = 50;
    expect(bytesAFrame(() => room.controls.frame(room.now, 0.01))).toBeLessThan(256);
    expect(room.calls).toHaveLength(1);
  });
  it("meets a gesture's mark from beside it", () => {
    const timeline = room.state.time.timeline.value as Timeline;
    room.state.time.timeline.value = {
      ...timeline,
      ticks: [{ moment: 51, event: "made" } as Tick],
    };
    const { x, y, z } = room.tile("scrub");
    room.right.at(x, y, z + 0.05);
    room.frames(1);
    room.right.at(x, y, z - 0.002);
    room.frames(1);
    expect(room.calls).toEqual([["goTo", 51]]);
  });
  it("offers to mend what went wrong", () => {
    room.touch(room.right, "back");
    room.mend = true;
    room.touch(room.right, "time");
    const mend = { beta_kl: 3 } as Settings;
    room.state.notices.value = [
      { op: "notice", topic: "collapse", code: "collapse", message: "", mend },
    ];
    room.calls.length = 0;
    room.touch(room.right, "mend");
    expect(room.calls).toEqual([["setSettings", mend]]);
  });
  it("scrubs with the ray while the trigger is held", () => {
    const { x, y, z } = room.tile("scrub");
    room.right.at(x, y, z + 0.5);
    room.right.rayDirection.copy(room.tile("scrub")).sub(room.right.rayOrigin).normalize();
    room.frames(1);
    room.press(room.right);
    room.frames(2);
    expect(room.calls.every(([name]) => name === "goTo")).toBe(true);
    expect(room.calls.length).toBeGreaterThan(0);
    room.release(room.right);
    const count = room.calls.length;
    room.right.at(x - 0.05, y, z + 0.5);
    room.frames(2);
    expect(room.calls).toHaveLength(count);
  });
  it.each([
    ["before", ["step", -1]],
    ["after", ["step", 1]],
    ["play", ["play"]],
    ["live", ["live"]],
    ["unpin", ["unpin", []]],
  ])("%s does what it says", (kind, call) => {
    room.touch(room.right, kind);
    expect(room.calls).toEqual([call]);
  });
  it("turns dials in small steps, never beyond their ends", () => {
    const settings = { stiffness: 0.95, preset: "default" } as Settings;
    room.state.training.value = { state: "running", settings } as Training;
    room.touch(room.right, "stiffer");
    room.touch(room.right, "softer");
    room.touch(room.right, "preset");
    expect(room.calls).toEqual([
      ["setSettings", { stiffness: 1 }],
      ["setSettings", { stiffness: 0.85 }],
      ["setSettings", { preset: "calm" }],
    ]);
  });
});

describe("review on the palette", () => {
  beforeEach(() => {
    room.touch(room.right, "review");
    room.calls.length = 0;
  });
  it.each([
    ["suspects", ["openSheet", "suspects"]],
    ["uncertain", ["openSheet", "uncertain"]],
    ["next", ["next"]],
    ["grow", ["grow"]],
    ["accept", ["accept"]],
    ["undo", ["undo"]],
  ])("%s does what it says", (kind, call) => {
    room.touch(room.right, kind);
    expect(room.calls).toEqual([call]);
  });
  it("goes back to the classes", () => {
    room.touch(room.right, "back");
    expect(room.side).toBe("classes");
  });
  it("goes through the cues, and after the last shows labels and even points again", () => {
    const seen = Array.from({ length: 5 }, () => {
      room.touch(room.right, "colour");
      room.touch(room.right, "size");
      return [room.state.colourBy.value, room.state.review.sizeBy.value];
    });
    expect(seen.map(([colour]) => colour)).toEqual([
      "uncertainty",
      "density",
      "diversity",
      "coverage",
      "label",
    ]);
    expect(seen[4]).toEqual(["label", "even"]);
    room.state.colourBy.value = "confidence";
    room.touch(room.right, "colour");
    expect(room.state.colourBy.value).toBe("uncertainty");
  });
  it("gives a firm pulse for predictions that were accepted, and none where there were none", () => {
    for (const accepts of [true, false]) {
      room.accepts = accepts;
      room.right.pulses.length = 0;
      room.touch(room.right, "accept");
      expect(room.right.pulses.some((strength) => strength > 0.8)).toBe(accepts);
    }
    expect(room.calls).toEqual([["accept"], ["accept"]]);
  });
  it("accepts from more and from less confidence, between a half and 99 %", () => {
    const { acceptFrom } = room.state.review;
    room.touch(room.right, "surer");
    expect(acceptFrom.value).toBe(0.97);
    for (let k = 0; k < 9; k++) room.touch(room.right, "surer");
    expect(acceptFrom.value).toBe(0.99);
    for (let k = 0; k < 12; k++) room.touch(room.right, "bolder");
    expect(acceptFrom.value).toBe(0.5);
    acceptFrom.value = 0.93; // from the slider of the page
    room.touch(room.right, "bolder");
    expect(acceptFrom.value).toBe(0.9);
  });
});

describe.each([false, true])("a contact sheet in the room (bare hands: %s)", (bare) => {
  beforeEach(() => {
    room = new Room(bare);
    room.openSheet();
  });
  const at = () => room.state.review.at.value;

  it("is picked from by touch; the same once more is picked no more", () => {
    room.touch(room.right, "picture", 2);
    expect(at()).toBe(2);
    room.touch(room.right, "picture", 4);
    expect(at()).toBe(4);
    room.touch(room.right, "picture", 4);
    expect(at()).toBe(NO_PICTURE);
    expect(room.selected).toBe(5);
  });
  it("is picked from by the ray, and then nothing is painted; between two pictures nothing is meant", () => {
    room.aimAt(room.right, "picture", 3);
    expect(room.controls.pointing.how).toBe("ray");
    expect(room.controls.onSheet).toBe(true);
    expect(room.right.pulses.at(-1)).toBeLessThan(0.3);
    room.press(room.right);
    room.release(room.right);
    expect(at()).toBe(3);
    const { x, y, z } = room.tile("picture", 3);
    room.right.rayDirection
      .set(x + 0.02, y, z)
      .sub(room.right.rayOrigin)
      .normalize();
    room.frames(1);
    room.press(room.right);
    room.release(room.right);
    expect(at()).toBe(3);
    expect(room.selected).toBe(5);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("is picked from by a pinch before it, and a finger that goes on into it does not unpick", () => {
    const { x, y, z } = room.tile("picture", 1);
    room.right.at(x, y, z + 0.03);
    room.frames(1);
    room.right.at(x, y, z + 0.012);
    room.frames(1);
    room.press(room.right);
    expect(at()).toBe(1);
    room.right.at(x, y, z - 0.002);
    room.frames(1);
    room.release(room.right);
    expect(at()).toBe(1);
  });
  it("a touch that turns into a pinch counts once", () => {
    const { x, y, z } = room.tile("picture", 1);
    for (const away of [0.03, -0.002]) {
      room.right.at(x, y, z + away);
      room.frames(1);
    }
    room.press(room.right);
    room.release(room.right);
    expect(at()).toBe(1);
  });
  it("gives the picked picture the class that is touched, and says so where none is picked", () => {
    room.touch(room.right, "class", 2);
    expect(room.calls).toEqual([]);
    expect(room.state.xr.message.value).toMatch(/Pick a picture/);
    room.touch(room.right, "picture", 1);
    room.touch(room.right, "class", 2);
    expect(room.calls).toEqual([["correct", 2]]);
  });
  it("is confirmed with a firm pulse, and closed; what cannot be told is set aside", () => {
    room.touch(room.right, "aside");
    expect(room.calls).toEqual([]);
    room.touch(room.right, "picture", 1);
    room.touch(room.right, "aside");
    room.touch(room.right, "confirm");
    expect(Math.max(...room.right.pulses)).toBeGreaterThan(0.8);
    room.touch(room.right, "close");
    expect(room.calls).toEqual([["setAside"], ["confirmSheet"], ["closeSheet"]]);
  });
  it("gives no firm pulse where nothing of it is labelled", () => {
    room.accepts = false;
    room.touch(room.right, "confirm");
    expect(room.calls).toEqual([["confirmSheet"]]);
    expect(Math.max(...room.right.pulses)).toBeLessThan(0.5);
  });
  it("stays when nothing is met beside it; what it shows is no cluster, and nothing that is painted is added to", () => {
    room.paint(room.right, [0, 0.4, 0.4]);
    expect(room.selected).toBe(5);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.controls.squeeze(room.right);
    expect(room.controls.holding).toBe(false);
    room.controls.unsqueeze(room.right);
    room.paint(room.right, RIGHT_HEAP);
    expect(room.state.selection.value.tool).toBe("brush");
    expect(Array.from(room.state.selection.value.items).every((item) => item >= COUNT)).toBe(true);
  });
  it("is not met by the ray of a brush that holds points, unless it is near", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(10);
    room.sheet.mesh.matrix = new Matrix4().setPosition(-0.3, 0, -1);
    room.right.rayDirection.set(0, 0, -1);
    room.frames(1);
    expect(room.controls.onSheet).toBe(false);
    room.sheet.mesh.matrix = new Matrix4().setPosition(-0.3, 0, -0.3);
    room.frames(1);
    expect(room.controls.onSheet).toBe(true);
  });
  it("keeps what is picked when the hand is lost, and shows no hand at it", () => {
    room.touch(room.right, "picture", 2);
    room.aimAt(room.right, "picture", 3);
    room.press(room.right);
    room.right.tracked = false;
    room.right.lostSince = room.now;
    room.frames(30);
    expect(at()).toBe(3);
    expect(room.controls.pointing.tile).toBeNull();
    expect(room.controls.onSheet).toBe(false);
    room.controls.endAll();
    expect(room.calls).toEqual([]);
  });
  it("is worked by the left hand as by the right", () => {
    room.state.xr.swapHands();
    room.touch(room.left, "picture", 0);
    room.touch(room.left, "class", 1);
    expect(room.calls).toEqual([["correct", 1]]);
    room.state.xr.swapHands();
  });
});

describe("the left hand", () => {
  it("does all that the right one did after they were swapped", () => {
    room.touch(room.right, "time");
    room.touch(room.right, "swap");
    expect(room.state.xr.dominant.value).toBe("left");
    room.touch(room.left, "back");
    room.calls.length = 0;
    room.paint(room.right, LEFT_HEAP);
    expect(room.selected).toBe(0); // it is the other hand now
    room.paint(room.left, LEFT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    room.touch(room.left, "class", 2);
    expect(room.calls).toEqual([["label", 2]]);
    room.state.xr.swapHands();
  });
  it("paints when it is the only one", () => {
    room.right.disconnect();
    room.frames(1);
    expect(room.controls.dominant).toBe(room.left);
    room.paint(room.left, RIGHT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
  });
});

describe("another box in the middle of it", () => {
  const BOX: Box = { origin: [-1.5, -2, -2.5], size: 6 };
  /** The same cloud in `box`, or one of another number of dimensions. */
  const show = (box: Box, latent_dim = 3) => {
    const { latent } = room.state;
    const positions = new Uint16Array(4 * latent.n);
    for (let item = 0; item < latent.n; item++)
      for (let axis = 0; axis < latent_dim; axis++)
        positions[4 * item + axis] = Math.round(
          ((latent.latentMean(item, axis) - (box.origin[axis] as number)) / box.size) * 65535,
        );
    latent.setScene({
      n: latent.n,
      positions,
      box,
      latent_dim,
      scene_id: 99,
      revision: 50,
    } as SceneFile);
    return room.controls.sceneChanged();
  };
  const inRoom = (item: number, moved = new Matrix4()) => {
    const { latent } = room.state;
    return new Vector3(
      latent.latentMean(item, 0),
      latent.latentMean(item, 1),
      latent.latentMean(item, 2),
    )
      .applyMatrix4(new Matrix4().fromArray(latent.sceneFromLatent()))
      .applyMatrix4(moved)
      .applyMatrix4(room.world);
  };
  const ITEMS = [0, 1, COUNT, 2 * COUNT - 1];
  const STEP = 2 * (BOX.size / 65535);

  it("leaves the cloud where it is in the room, and as large", () => {
    room.world.makeRotationY(0.4).setPosition(0.1, 0.2, -0.3);
    const before = ITEMS.map((item) => inRoom(item));
    expect(show(BOX)).toBe("box");
    ITEMS.forEach((item, k) => {
      expect(inRoom(item).distanceTo(before[k] as Vector3)).toBeLessThan(STEP);
    });
    expect(room.controls.boxRatio * room.world.getMaxScaleOnAxis()).toBeCloseTo(1, 9);
    expect(show(BOX)).toBe("same");
  });
  it("keeps the world in one hand and in two, and it does not jump", () => {
    room.controls.squeeze(room.left);
    for (const both of [false, true]) {
      if (both) room.controls.squeeze(room.right);
      room.frames(1);
      const before = inRoom(0);
      show(both ? { origin: [-1, -1, -1], size: 2 } : BOX);
      room.frames(2);
      expect(inRoom(0).distanceTo(before)).toBeLessThan(STEP);
      const [from, by] = [inRoom(0), new Vector3(0.1, 0.05, 0)];
      for (const hand of both ? [room.left, room.right] : [room.left])
        hand.at(hand.position.x + by.x, hand.position.y + by.y, hand.position.z);
      room.frames(1);
      expect(inRoom(0).distanceTo(from.add(by))).toBeLessThan(1e-9);
    }
  });
  it("keeps a cluster in the hand, and it is pinned where the hand lets go of it", () => {
    room.annotate();
    room.paint(room.right, LEFT_HEAP);
    room.controls.squeeze(room.right);
    const taken = room.state.latent.latentMean(0, 1);
    room.right.at(-0.3, 0.4, 0.1);
    room.frames(3);
    const { grab: inHand } = room.controls;
    const before = ITEMS.map((item) => inRoom(item, inHand.moved));
    const told = () =>
      (room.calls.findLast(([name]) => name === "drag") as [string, Uint32Array, number[][]])[2];
    const wanted = structuredClone(told());
    room.grabbed = 0; // the cloud has new arrays
    expect(show(BOX)).toBe("box");
    room.controls.showInHand();
    expect(room.grabbed).toBe(room.selected);
    room.frames(3);
    expect(room.controls.holding).toBe(true);
    ITEMS.slice(0, 2).forEach((item, k) => {
      expect(inRoom(item, inHand.moved).distanceTo(before[k] as Vector3)).toBeLessThan(STEP);
    });
    expect(room.state.latent.latentMean(0, 1)).toBeCloseTo(taken, 3);
    told().forEach((target, k) => {
      for (const axis of [0, 1, 2])
        expect(target[axis]).toBeCloseTo((wanted[k] as number[])[axis] as number, 4);
    });
    room.controls.unsqueeze(room.right);
    const [name, , targets] = room.calls.at(-2) as [string, Uint32Array, number[][]];
    expect(name).toBe("anchor");
    expect(targets[0]?.[1]).toBeCloseTo(taken + 0.4, 3);
    expect(room.grabbed).toBe(0);
  });
  it("shows nothing in the hand that was on its way back", () => {
    room.paint(room.right, LEFT_HEAP);
    room.controls.squeeze(room.right);
    room.right.at(-0.3, 0.4, 0.1);
    room.frames(3);
    room.controls.unsqueeze(room.right);
    show(BOX);
    room.controls.showInHand();
    expect(room.grabbed).toBe(0);
    expect(room.controls.grab.moved.equals(new Matrix4())).toBe(true);
  });
  it("lets a stroke go on from where it is, and nothing between here and there is painted", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    room.frames(5);
    const before = room.selected;
    // In this box the numbers of the brush before and after lie on both sides of the other heap.
    show({ origin: [-0.1, -2.5, -2.5], size: 6 });
    room.frames(10);
    room.release(room.right);
    expect(room.selected).toBe(before);
  });
  it("lets go of all in another number of dimensions, and says so; what is selected stays", () => {
    room.annotate();
    room.paint(room.right, LEFT_HEAP);
    room.controls.squeeze(room.right);
    room.frames(3);
    const { selected } = room;
    expect(show(BOX, 2)).toBe("dimension");
    room.controls.showInHand();
    expect(room.controls.holding).toBe(false);
    expect(room.grabbed).toBe(0);
    expect(room.calls.at(-1)).toEqual(["drag", new Uint32Array(0), []]);
    expect(room.state.xr.message.value).toMatch(/2 dimensions/);
    expect(room.selected).toBe(selected);
    expect(room.state.latent.frozen).toBe(false);
    room.controls.unsqueeze(room.right);
    expect(room.calls.some(([name]) => name === "anchor")).toBe(false);
  });
});

describe("VR that is hidden", () => {
  it("holds no trigger down: the next press counts, whether its end was told or not", () => {
    for (const hand of [room.left, room.right]) {
      hand.squeezed = true;
      room.press(hand);
      room.controls.endAll();
      expect([hand.pressed, hand.squeezed]).toEqual([false, false]);
    }
  });
});

describe("hands that change places in the middle of a gesture", () => {
  it("end their stroke with the hand that began it", () => {
    room.right.disconnect();
    room.left.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.left); // it paints, as the only one
    room.frames(2);
    room.right.appear(); // now the right hand is the one that paints
    room.right.at(0.6, 0.3, 0.3);
    room.frames(5);
    room.release(room.left);
    expect(room.controls.stroke.active).toBe(false);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    expect(room.selected).toBeLessThan(1.1 * COUNT);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("do not leave the modifier on", () => {
    room.press(room.left);
    expect(room.controls.subtracting).toBe(true);
    room.state.xr.swapHands();
    room.release(room.left);
    expect(room.controls.subtracting).toBe(false);
    room.state.xr.swapHands();
  });
  it("keep the points still while one of them still holds the world", () => {
    room.controls.squeeze(room.left);
    room.paint(room.right, LEFT_HEAP);
    expect(room.state.latent.frozen).toBe(true);
    room.controls.unsqueeze(room.left);
    expect(room.state.latent.frozen).toBe(false);
  });
});

describe("hands without controllers", () => {
  beforeEach(() => {
    room = new Room(true);
  });
  it("paint by pinching among points, and hold the world by pinching in empty space", () => {
    room.paint(room.right, LEFT_HEAP);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    room.right.at(0, 0.4, 0.4);
    room.frames(1);
    room.press(room.right);
    room.right.at(0.2, 0.4, 0.4);
    room.frames(1);
    room.release(room.right);
    expect(room.world.elements[12]).toBeCloseTo(0.2, 9);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT); // a hold is no click beside everything
  });
  it("scale by pinching with both", () => {
    room.press(room.left);
    room.press(room.right);
    room.left.at(-1.8, 0.3, 0.3);
    room.frames(1);
    room.release(room.left);
    room.release(room.right);
    expect(room.world.elements[0]).toBeCloseTo(2, 9);
    expect(room.state.latent.frozen).toBe(false);
  });
  it("grab the cluster by pinching on what is selected, and drop it on a class", () => {
    room.paint(room.right, LEFT_HEAP);
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    expect(room.controls.holding).toBe(true);
    const { x, y, z } = room.tile("class", 1);
    room.right.at(x, y, z + 0.02);
    room.frames(1);
    room.release(room.right);
    expect(room.calls).toEqual([["label", 1]]);
  });
  it("take away by pinching on what is selected, where that is switched on, and hold the world beside it", () => {
    room.paint(room.right, LEFT_HEAP);
    room.state.xr.subtract.value = true;
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    expect(room.controls.holding).toBe(false);
    expect(room.controls.stroke.active).toBe(true);
    room.frames(5);
    room.release(room.right);
    expect(room.selected).toBe(0);
    room.right.at(0, 0.4, 0.4);
    room.frames(1);
    room.press(room.right);
    room.right.at(0.2, 0.4, 0.4);
    room.frames(1);
    room.release(room.right);
    expect(room.world.elements[12]).toBeCloseTo(0.2, 9);
  });
  it("take away beside a selected point with a brush that is smaller than their grasp, and hold nothing by mistake", () => {
    room.paint(room.right, LEFT_HEAP);
    room.state.xr.subtract.value = true;
    room.state.xr.setRadius(0.008);
    room.right.at(LEFT_HEAP[0], LEFT_HEAP[1] + 0.05, LEFT_HEAP[2]);
    room.frames(1);
    room.press(room.right);
    expect(room.controls.holding).toBe(false);
    const before = room.selected;
    room.right.at(...LEFT_HEAP);
    room.frames(5);
    room.release(room.right);
    expect(room.selected).toBeLessThan(before);
    expect(room.world.equals(new Matrix4())).toBe(true);
  });
  it("say what happened when one is lost in the middle of a stroke; what was painted stays", () => {
    room.right.at(...LEFT_HEAP);
    room.frames(1);
    room.press(room.right);
    room.frames(5);
    room.right.tracked = false;
    room.right.lostSince = room.now;
    room.frames(30);
    expect(room.controls.stroke.active).toBe(false);
    expect(room.selected).toBeGreaterThan(0.9 * COUNT);
    expect(room.state.xr.message.value).toMatch(
      /right hand was lost from view: what it painted stays selected/,
    );
    expect(room.state.latent.frozen).toBe(false);
  });
});

describe("a frame", () => {
  it("allocates next to nothing while nothing happens", () => {
    room.right.at(...LEFT_HEAP);
    room.controls.squeeze(room.left);
    expect(bytesAFrame(() => room.controls.frame(room.now, 0.01))).toBeLessThan(256);
  });
});

describe("the name of a new class", () => {
  it("is a number that no class has", () => {
    expect(freeName([])).toBe("0");
    expect(freeName(["cat", "2", "3"])).toBe("4");
  });
});
