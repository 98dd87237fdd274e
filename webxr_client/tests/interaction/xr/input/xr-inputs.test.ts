/** Conversion of three.js events for input sources into presses and releases of the two hands. */
import { Group, Quaternion, Vector3, type WebXRManager } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { XrControls } from "../../../../src/interaction/xr/controls.js";
import { XrInputs } from "../../../../src/interaction/xr/input/xr-inputs.js";
import { AppState } from "../../../../src/state/app-state.js";
import type { Commands } from "../../../../src/state/commands.js";
import { identity, latentOf } from "../fixtures.js";
import { fakeManager } from "../view-fixtures.js";

const PINCH_JOINTS = ["thumb-tip", "index-finger-tip", "wrist"];

let spaces: ReturnType<typeof fakeManager>["spaces"];
let inputs: XrInputs;
let controls: XrControls;
let events: string[];
let now: number;

const send = (type: string, k = 0, data?: object) =>
  (spaces[k]!.ray as unknown as { dispatchEvent(event: object): void }).dispatchEvent({
    type,
    data,
  });
const connect = (k: number, handedness: string, targetRayMode = "tracked-pointer", more = {}) =>
  send("connected", k, { targetRayMode, handedness, ...more });
const frame = (ms = 14) => {
  now += ms;
  inputs.update(now);
};

/** Connect bare hands as sources 0 (right) and 1 (left), with visible joints. */
function useHands(): void {
  for (const [k, side] of ["right", "left"].entries()) {
    const { hand } = spaces[k]!;
    hand.visible = true;
    for (const name of PINCH_JOINTS) hand.joints[name] = new Group();
    connect(k, side, "tracked-pointer", { hand: {} });
  }
  frame();
}

/** Place the grip of a source and its ray from the eyes, as three.js does before `selectstart`. */
function place(k: number, x: number, y: number, z: number): void {
  const { ray, grip } = spaces[k]!;
  for (const space of [ray, grip]) {
    space.visible = true;
    space.quaternion.copy(new Quaternion());
  }
  ray.matrix.makeTranslation(0, 1.6, 0);
  grip.matrix.makeTranslation(x, y, z);
}

beforeEach(() => {
  const fake = fakeManager();
  ({ spaces } = fake);
  events = [];
  now = 1000;
  inputs = new XrInputs(fake.manager as unknown as WebXRManager, {
    connected: () => controls.connected(),
    disconnected: (hand) => controls.disconnected(hand),
    press: (hand) => {
      events.push(hand.side);
      controls.press(hand);
    },
    release: (hand) => {
      events.push(`release ${hand.side}`);
      controls.release(hand);
    },
    cancel: (hand) => {
      events.push(`cancel ${hand.side}`);
      controls.cancel(hand);
    },
    squeeze: (hand) => {
      events.push(`grip ${hand.side}`);
      controls.squeeze(hand);
    },
    unsqueeze: (hand) => controls.unsqueeze(hand),
  });
  const state = Object.assign(new AppState(), { latent: latentOf([[0, 0, 0]]) });
  controls = new XrControls(state, {} as Commands, inputs, {
    roomFromScene: identity(),
    head: { position: new Vector3(0, 1.6, 0) },
    palette: { mesh: { matrix: identity() }, tiles: [], turnPage: () => {}, turnTo: () => {} },
    sheet: { mesh: { matrix: identity(), visible: false }, tiles: [] },
    showGrabbed: () => {},
  });
});

describe("a press", () => {
  beforeEach(() => {
    connect(0, "right");
    connect(1, "left");
  });
  it("counts once when its event is repeated", () => {
    send("selectstart");
    send("selectstart");
    expect(events).toEqual(["right"]);
    send("selectend");
    send("selectstart");
    expect(events).toEqual(["right", "release right", "right"]);
  });
  it("without an end event, because VR was hidden, does not block the next press", () => {
    for (const type of ["selectstart", "squeezestart"]) {
      for (const k of [0, 1]) send(type, k);
      controls.endAll();
      for (const k of [0, 1]) send(type, k);
    }
    const [trigger, grip] = [
      ["right", "left"],
      ["grip right", "grip left"],
    ];
    expect(events).toEqual([trigger, trigger, grip, grip].flat());
  });
});

describe("a source", () => {
  it("without a side counts as the right hand", () => {
    connect(0, "none");
    send("selectstart");
    expect(events).toEqual(["right"]);
    expect(inputs.left.source).toBeNull();
  });
  it.each(["gaze", "screen"])("of the mode %s does nothing, and takes no hand's place", (mode) => {
    connect(0, "none", mode);
    send("selectstart");
    expect(events).toEqual([]);
    connect(1, "right");
    send("selectstart", 1);
    expect(events).toEqual(["right"]);
  });
  it("that sleeps and wakes at another index is the same hand", () => {
    connect(0, "right");
    connect(1, "left");
    send("disconnected", 0);
    send("disconnected", 1);
    expect([inputs.left.source, inputs.right.source]).toEqual([null, null]);
    connect(0, "left");
    connect(1, "right");
    send("selectstart", 1);
    expect(events).toEqual(["right"]);
  });
});

describe("a transient pointer", () => {
  it("presses and releases the tracked hand of its side", () => {
    useHands();
    connect(2, "left", "transient-pointer");
    send("selectstart", 2);
    expect([inputs.left.pressed, inputs.right.pressed]).toEqual([true, false]);
    expect(inputs.left.transient).toBe(false);
    send("selectend", 2);
    send("disconnected", 2);
    expect(events).toEqual(["left", "release left"]);
    expect(inputs.left.source).not.toBeNull();
    connect(2, "right", "transient-pointer");
    send("selectstart", 2);
    expect(events.at(-1)).toBe("right");
  });
  it("presses once, though three.js detects the same pinch from the joints", () => {
    useHands();
    send("pinchstart", 0);
    frame();
    connect(2, "right", "transient-pointer");
    send("selectstart", 2);
    for (let k = 0; k < 40; k++) frame();
    send("pinchend", 0);
    send("selectend", 2);
    send("disconnected", 2);
    send("pinchstart", 0); // the fingers stay close together after the release
    for (let k = 0; k < 40; k++) frame();
    expect(events).toEqual(["right", "release right"]);
  });
  it("is the hand while it exists, if the page gets no joints", () => {
    place(0, 0.2, 1.3, -0.4);
    connect(0, "left", "transient-pointer");
    send("selectstart", 0);
    const { left } = inputs;
    expect(events).toEqual(["left"]);
    expect([left.tracked, left.bare, left.transient]).toEqual([true, true, true]);
    expect(left.brush.toArray()).toEqual([0.2, 1.3, -0.4]);
    expect(left.rayOrigin.toArray()).toEqual([0, 1.6, 0]);
    send("selectend", 0);
    send("disconnected", 0);
    expect(left.source).toBeNull();
    expect(left.tracked).toBe(false);
  });
  it("without a grip pose acts half a metre ahead of the eyes", () => {
    place(0, 0, 0, 0);
    spaces[0]!.grip.visible = false;
    connect(0, "right", "transient-pointer");
    send("selectstart", 0);
    expect(inputs.right.brush.toArray()).toEqual([0, 1.6, -0.5]);
  });
  it("that vanishes without an end ends the press without a release", () => {
    useHands();
    connect(2, "right", "transient-pointer");
    send("selectstart", 2);
    send("disconnected", 2);
    expect(events).toEqual(["right", "cancel right"]);
    expect(inputs.right.pressed).toBe(false);
  });
  it("takes the place of a hand that was lost, and gives it back", () => {
    useHands();
    send("disconnected", 0);
    place(0, 0, 1, -1);
    connect(0, "right", "transient-pointer"); // three.js reuses the free place
    send("selectstart", 0);
    expect(inputs.right.transient).toBe(true);
    connect(2, "right", "tracked-pointer", { hand: {} });
    expect(inputs.right.transient).toBe(false);
    send("selectend", 0);
    send("disconnected", 0);
    expect(inputs.right.source).not.toBeNull();
    expect(inputs.right.pressed).toBe(false);
  });
});

describe("a hand that sends no `selectstart`", () => {
  const wait = (frames: number) => {
    for (let k = 0; k < frames; k++) frame();
  };
  it("presses by pinches: the first after a wait, the next at once", () => {
    useHands();
    send("pinchstart", 0);
    wait(10);
    expect(events).toEqual([]);
    wait(10);
    expect(events).toEqual(["right"]);
    send("pinchend", 0);
    send("pinchstart", 1);
    expect(events).toEqual(["right", "release right", "left"]);
  });
  it("presses once for a first pinch that is shorter than the wait", () => {
    useHands();
    send("pinchstart", 0);
    wait(3);
    send("pinchend", 0);
    expect(events).toEqual(["right", "release right"]);
  });
  it("does not press while its joints have no poses", () => {
    useHands();
    const { joints } = spaces[0]!.hand;
    for (const name of PINCH_JOINTS) joints[name]!.visible = false;
    send("pinchstart", 0); // all joints are at the origin
    wait(40);
    for (const name of PINCH_JOINTS) joints[name]!.visible = true;
    send("pinchend", 0);
    expect(events).toEqual([]);
  });
  it("is pressed once when `selectstart` comes late, and is released by `selectend`", () => {
    useHands();
    send("pinchstart", 0);
    wait(30);
    send("selectstart", 0);
    send("pinchend", 0);
    expect(events).toEqual(["right"]);
    send("selectend", 0);
    send("pinchstart", 0);
    wait(30);
    expect(events).toEqual(["right", "release right"]);
  });
});

describe("a controller that the cameras do not see", () => {
  let guessed: boolean;
  const xr = { getPose: () => ({ emulatedPosition: guessed }) } as unknown as XRFrame;
  const read = (frames = 1) => {
    for (let k = 0; k < frames; k++) {
      now += 14;
      inputs.update(now, xr, {} as XRReferenceSpace);
    }
  };
  beforeEach(() => {
    place(0, 0, 1, -0.5);
    connect(0, "right", "tracked-pointer", { gripSpace: {} });
    guessed = false;
    read();
  });
  it.each(["selectstart", "squeezestart"])("is lost while it is in use (%s)", (type) => {
    send(type, 0);
    read();
    expect(inputs.right.tracked).toBe(true);
    guessed = true;
    read();
    expect(inputs.right.tracked).toBe(false);
    read(30);
    expect(inputs.right.isLost(now)).toBe(true);
    guessed = false;
    read();
    expect([inputs.right.tracked, inputs.right.isLost(now)]).toEqual([true, false]);
  });
  it("is shown at the guessed place while it is not in use", () => {
    guessed = true;
    read();
    expect(inputs.right.tracked).toBe(true);
  });
  it("is not lost if the headset guesses the positions of all controllers", () => {
    send("disconnected", 0);
    guessed = true;
    connect(0, "right", "tracked-pointer", { gripSpace: {} });
    read();
    send("selectstart", 0);
    read(30);
    expect(inputs.right.tracked).toBe(true);
  });
});
