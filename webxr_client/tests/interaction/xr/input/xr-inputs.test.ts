/** Events of three.js for input sources, as presses and releases of a left and a right hand. */
import { Group, type WebXRManager } from "three";
import { beforeEach, describe, expect, it } from "vitest";
import { XrControls } from "../../../../src/interaction/xr/controls.js";
import { XrInputs } from "../../../../src/interaction/xr/input/xr-inputs.js";
import { AppState } from "../../../../src/state/app-state.js";
import type { Commands } from "../../../../src/state/commands.js";
import { identity, latentOf } from "../fixtures.js";

let rays: Group[];
let inputs: XrInputs;
let controls: XrControls;
let pressed: string[];

const send = (type: string, k = 0, data?: object) =>
  (rays[k] as unknown as { dispatchEvent(event: object): void }).dispatchEvent({ type, data });

beforeEach(() => {
  rays = [new Group(), new Group()];
  const xr = {
    getController: (k: number) => rays[k],
    getControllerGrip: () => new Group(),
    getHand: () => new Group(),
  } as unknown as WebXRManager;
  pressed = [];
  inputs = new XrInputs(xr, {
    connected: () => controls.connected(),
    disconnected: (hand) => controls.disconnected(hand),
    press: (hand) => {
      pressed.push(hand.side);
      controls.press(hand);
    },
    release: (hand) => controls.release(hand),
    squeeze: (hand) => {
      pressed.push(`grip ${hand.side}`);
      controls.squeeze(hand);
    },
    unsqueeze: (hand) => controls.unsqueeze(hand),
  });
  const state = Object.assign(new AppState(), { latent: latentOf([[0, 0, 0]]) });
  controls = new XrControls(state, {} as Commands, inputs, {
    roomFromScene: identity(),
    palette: { mesh: { matrix: identity() }, tiles: [], turnPage: () => {}, turnTo: () => {} },
    sheet: { mesh: { matrix: identity(), visible: false }, tiles: [] },
    showGrabbed: () => {},
  });
  send("connected", 0, { targetRayMode: "tracked-pointer", handedness: "right" });
  send("connected", 1, { targetRayMode: "tracked-pointer", handedness: "left" });
});

describe("a press", () => {
  it("counts once when its event is repeated", () => {
    send("selectstart");
    send("selectstart");
    expect(pressed).toEqual(["right"]);
    send("selectend");
    send("selectstart");
    expect(pressed).toEqual(["right", "right"]);
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
    expect(pressed).toEqual([trigger, trigger, grip, grip].flat());
  });
});
