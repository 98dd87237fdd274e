/** Pulses of controllers, and the signals that replace pulses for hands without a controller. */
import { Group, Vector3 } from "three";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Feedback } from "../../../../src/interaction/xr/input/feedback.js";
import { HOVER_PULSE, LABEL_PULSE } from "../../../../src/interaction/xr/input/haptics.js";
import { TrackedHand } from "../../../../src/interaction/xr/input/tracked-hand.js";
import { XrState } from "../../../../src/state/xr-state.js";

const pulse = vi.fn(async () => true);
const event = vi.fn();
let xr: XrState;
let hand: TrackedHand;

const spaces = {
  ray: new Group(),
  grip: new Group(),
  hand: Object.assign(new Group(), { joints: {} }),
} as never;
const controller = { handedness: "right", gamepad: { hapticActuators: [{ pulse }] } };
const silent = { handedness: "right", gamepad: { axes: [], buttons: [] } };
const bare = { handedness: "right", hand: {} };

function hold(source: object): void {
  hand.connect(source as XRInputSource, spaces);
}

beforeEach(() => {
  pulse.mockClear();
  event.mockClear();
  xr = new XrState();
  hand = new TrackedHand("right");
  hand.feedback = new Feedback(xr, { event });
});

describe("an event", () => {
  it("is felt in a controller, without a tone", () => {
    hold(controller);
    hand.pulse(HOVER_PULSE, 15);
    expect(pulse).toHaveBeenCalledWith(HOVER_PULSE, 15);
    expect(event).not.toHaveBeenCalled();
    expect(hand.lit).toBe(false);
  });
  it.each([
    ["a bare hand", bare],
    ["a controller that cannot vibrate", silent],
  ])("is heard at, and lights, %s", (_, source) => {
    hold(source);
    hand.touch.set(1, 2, 3);
    hand.pulse(HOVER_PULSE, 15);
    expect(event).toHaveBeenCalledWith(HOVER_PULSE, 15, new Vector3(1, 2, 3));
    expect(hand.lit).toBe(true);
    hand.update(200);
    expect(hand.lit).toBe(false);
  });
  it("that labels is felt and heard", () => {
    hold(controller);
    hand.pulse(LABEL_PULSE, 40);
    expect(pulse).toHaveBeenCalledOnce();
    expect(event).toHaveBeenCalledOnce();
  });
  it("is neither felt nor heard where both are switched off, but seen", () => {
    hold(controller);
    xr.switchTones();
    xr.switchHaptics();
    hand.pulse(LABEL_PULSE, 40);
    expect(pulse).not.toHaveBeenCalled();
    expect(event).not.toHaveBeenCalled();
    expect(hand.lit).toBe(true);
  });
});

it("the switches are kept for the next visit", () => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  expect([new XrState().tones.value, new XrState().haptics.value]).toEqual([true, true]);
  new XrState().switchTones();
  expect([new XrState().tones.value, new XrState().haptics.value]).toEqual([false, true]);
  new XrState().switchHaptics();
  expect([new XrState().tones.value, new XrState().haptics.value]).toEqual([false, false]);
  vi.unstubAllGlobals();
});
