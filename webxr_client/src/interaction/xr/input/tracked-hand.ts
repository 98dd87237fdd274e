/**
 * One of the two hands, with a controller or without, in the current frame. Lengths are room
 * metres.
 */
import { type Group, Matrix4, Quaternion, Vector3, type XRHandSpace } from "three";
import type { Handedness } from "../../../state/xr-state.js";
import { BRUSH_AHEAD } from "../placement/dimensions.js";
import { OneEuro } from "../placement/one-euro.js";
import type { Feedback } from "./feedback.js";

/** Milliseconds after which a hand counts as lost, if the headset does not see it. */
const LOST_MS = 350;
/** Time for which the brush is brighter after an event, ms: about eight frames. */
const LIT_MS = 120;
/** Index of the thumbstick among the buttons of the xr-standard gamepad. */
const STICK = 3;
/** Index of the lower button (A or X). */
const LOWER = 4;
/** Index of the upper button (B or Y). */
const UPPER = 5;

/** Spaces that three.js keeps for an input source. */
export interface Spaces {
  ray: Group;
  grip: Group;
  hand: XRHandSpace;
}

/**
 * A transient pointer without a grip pose acts at this distance ahead of the eyes, metres. The ray
 * of the pointer begins at the eyes, and half a metre is within the reach of the arm.
 */
const POINTER_AHEAD = 0.5;

/**
 * Cutoff frequency of the filter of a bare hand's ray while the ray rests, Hz. At 2 Hz, the filter
 * delays the ray by 80 ms.
 */
const RAY_CUTOFF = 2;
/** Increase of the cutoff frequency with the speed of the ray's origin, Hz per m/s. */
const ORIGIN_CUTOFF_RISE = 12;
/** Increase of the cutoff frequency with the speed of the ray's direction, Hz per rad/s. */
const DIRECTION_CUTOFF_RISE = 6;

const one = new Vector3(1, 1, 1);

/** Whether the source exists only while a person pinches. */
export function isTransient(source: XRInputSource): boolean {
  // The type definitions of WebXR lack this mode.
  return (source.targetRayMode as string) === "transient-pointer";
}

export class TrackedHand {
  source: XRInputSource | null = null;
  spaces: Spaces | null = null;
  /** Spaces of the transient pointer of this hand; null while there is no such pointer. */
  pointer: Spaces | null = null;
  /** Whether the headset sees the hand in this frame. */
  tracked = false;
  /** Time at which the headset lost sight of the hand, ms; 0 while the headset sees the hand. */
  lostSince = 0;
  /** Whether the trigger is pressed, or thumb and index finger pinch. */
  pressed = false;
  /** Whether the grip is pressed. */
  squeezed = false;
  /** Deflection of the thumbstick to the right, -1..1. */
  stickX = 0;
  /** Deflection of the thumbstick down, towards the person, -1..1. */
  stickY = 0;
  /** Pose of the hand. */
  readonly roomFromHand = new Matrix4();
  /** Pose of the distant place that the hand drags; null while it drags no distant place. */
  reached: Matrix4 | null = null;
  readonly position = new Vector3();
  readonly orientation = new Quaternion();
  /** Middle of the brush. */
  readonly brush = new Vector3();
  /** The point that presses tiles: the fingertip, or the brush of a controller. */
  readonly touch = new Vector3();
  readonly rayOrigin = new Vector3();
  readonly rayDirection = new Vector3();
  /** Reports events to the person by pulses and tones; null without VR. */
  feedback: Feedback | null = null;
  private now = 0;
  private litUntil = Number.NEGATIVE_INFINITY;
  private readonly down = [false, false, false];
  private readonly justDown = [false, false, false];
  /** Whether the headset has measured the position of the controller, at least once. */
  private located = false;
  private readonly originFilter = new OneEuro(RAY_CUTOFF, ORIGIN_CUTOFF_RISE);
  private readonly directionFilter = new OneEuro(RAY_CUTOFF, DIRECTION_CUTOFF_RISE);
  private readAt = 0;

  constructor(readonly side: Handedness) {}

  /** Whether the hand has no controller. Such a hand pinches and has no buttons. */
  get bare(): boolean {
    const { source } = this;
    return source !== null && (isTransient(source) || !!source.hand);
  }

  /**
   * Pose with which a grabbed object moves: that of the hand, or of the far place that the hand
   * holds.
   */
  get roomFromHeld(): Matrix4 {
    return this.reached ?? this.roomFromHand;
  }

  /** Whether the hand is known only by its transient pointer, and only while the hand pinches. */
  get transient(): boolean {
    return this.source !== null && isTransient(this.source);
  }

  /** Whether the headset reports the joints of thumb and index finger. */
  get fingersSeen(): boolean {
    const joints = this.spaces?.hand.joints;
    return !!joints?.["thumb-tip"]?.visible && !!joints["index-finger-tip"]?.visible;
  }

  connect(source: XRInputSource, spaces: Spaces): void {
    this.source = source;
    this.spaces = spaces;
    this.lostSince = 0;
    this.located = false;
    this.forgetRay();
  }

  disconnect(): void {
    this.source = null;
    this.spaces = this.pointer = null;
    this.tracked = this.pressed = this.squeezed = false;
    this.lostSince = 0;
    this.stickX = this.stickY = 0;
    this.down.fill(false);
    this.justDown.fill(false);
  }

  /** Whether the headset has not seen the hand for LOST_MS. Then the gestures of the hand end. */
  isLost(now: number): boolean {
    return this.source !== null && this.lostSince !== 0 && now - this.lostSince >= LOST_MS;
  }

  /**
   * Read the current frame, after three.js has updated the spaces. `space`: the reference space of
   * the room.
   */
  update(now: number, frame?: XRFrame, space?: XRReferenceSpace | null): void {
    const { spaces, pointer } = this;
    this.now = now;
    if (!spaces || !this.source) return;
    if (this.transient) this.tracked = this.readPointer(spaces);
    else if (this.bare) this.tracked = this.readHand(spaces) && this.steadyRay(now);
    else this.tracked = this.readController(spaces) && !this.isGuessed(frame, space);
    if (pointer?.ray.visible) this.readRay(pointer.ray);
    if (this.tracked) this.lostSince = 0;
    else if (this.lostSince === 0) this.lostSince = now;
    if (!this.tracked) this.forgetRay();
    this.readGamepad(this.source.gamepad);
  }

  /** Whether the stick was pressed in this frame. */
  get stickClicked(): boolean {
    return this.justDown[0] === true;
  }

  /** Whether the lower button (A or X) was pressed in this frame. */
  get lowerClicked(): boolean {
    return this.justDown[1] === true;
  }

  /** Whether the upper button (B or Y) was pressed in this frame. */
  get upperClicked(): boolean {
    return this.justDown[2] === true;
  }

  /** Report an event to the person. `strength`: 0..1. */
  pulse(strength: number, ms: number): void {
    const felt = this.feedback?.give(this.source, this.touch, strength, ms) ?? true;
    if (!felt) this.litUntil = this.now + LIT_MS;
  }

  /** Whether the brush is brighter, because of an event that the hand does not feel. */
  get lit(): boolean {
    return this.now < this.litUntil;
  }

  private readController({ ray, grip }: Spaces): boolean {
    if (!ray.visible && !grip.visible) return false;
    const held = grip.visible ? grip : ray;
    this.roomFromHand.copy(held.matrix);
    this.position.setFromMatrixPosition(this.roomFromHand);
    this.orientation.copy(held.quaternion);
    this.readRay(ray.visible ? ray : grip);
    this.brush.copy(this.position).addScaledVector(this.rayDirection, BRUSH_AHEAD);
    this.touch.copy(this.brush);
    return true;
  }

  /** Read a transient pointer: the position is that of the pinch. */
  private readPointer({ ray, grip }: Spaces): boolean {
    if (!ray.visible && !grip.visible) return false;
    const held = grip.visible ? grip : ray;
    this.readRay(ray.visible ? ray : grip);
    this.position.setFromMatrixPosition(held.matrix);
    if (!grip.visible) this.position.addScaledVector(this.rayDirection, POINTER_AHEAD);
    this.orientation.copy(held.quaternion);
    this.roomFromHand.compose(this.position, this.orientation, one);
    this.brush.copy(this.position);
    this.touch.copy(this.position);
    return true;
  }

  /**
   * Whether a controller in use has a position that the headset only guesses, because its cameras
   * do not see the controller. Controllers whose position was never measured are excluded:
   * headsets without position tracking guess all positions.
   */
  private isGuessed(frame: XRFrame | undefined, space: XRReferenceSpace | null | undefined) {
    const { source } = this;
    if (!frame || !space || !source) return false;
    if (this.located && !this.pressed && !this.squeezed) return false;
    const pose = frame.getPose(source.gripSpace ?? source.targetRaySpace, space);
    if (!pose) return false;
    if (!pose.emulatedPosition) this.located = true;
    return this.located && pose.emulatedPosition;
  }

  /**
   * Read a hand without a controller: the position is between thumb and index finger, the
   * orientation is that of the wrist.
   */
  private readHand({ ray, hand }: Spaces): boolean {
    const thumb = hand.joints["thumb-tip"];
    const index = hand.joints["index-finger-tip"];
    const wrist = hand.joints.wrist;
    if (!hand.visible || !thumb?.visible || !index?.visible || !wrist?.visible) return false;
    this.brush.addVectors(thumb.position, index.position).multiplyScalar(0.5);
    this.touch.copy(index.position);
    this.position.copy(this.brush);
    this.orientation.copy(wrist.quaternion);
    this.roomFromHand.compose(this.brush, wrist.quaternion, one);
    if (ray.visible) this.readRay(ray);
    else {
      this.rayOrigin.copy(this.brush);
      this.rayDirection.set(0, 0, -1).applyQuaternion(wrist.quaternion);
    }
    return true;
  }

  /** Filter the tremor of a tracked hand out of its ray. Returns true. */
  private steadyRay(now: number): boolean {
    const seconds = (now - this.readAt) / 1000;
    this.readAt = now;
    this.originFilter.filter(this.rayOrigin, seconds);
    this.directionFilter.filter(this.rayDirection, seconds);
    this.rayDirection.normalize();
    return true;
  }

  private forgetRay(): void {
    this.originFilter.reset();
    this.directionFilter.reset();
  }

  private readRay(ray: Group): void {
    this.rayOrigin.setFromMatrixPosition(ray.matrix);
    this.rayDirection.set(0, 0, -1).applyQuaternion(ray.quaternion);
  }

  private readGamepad(gamepad: Gamepad | undefined): void {
    const axes = gamepad?.axes;
    // xr-standard: axes 0 and 1 belong to a touchpad, axes 2 and 3 to a thumbstick.
    this.stickX = axes?.[2] ?? 0;
    this.stickY = axes?.[3] ?? 0;
    this.readButton(gamepad, STICK, 0);
    this.readButton(gamepad, LOWER, 1);
    this.readButton(gamepad, UPPER, 2);
  }

  private readButton(gamepad: Gamepad | undefined, button: number, slot: number): void {
    const down = gamepad?.buttons[button]?.pressed ?? false;
    this.justDown[slot] = down && !this.down[slot];
    this.down[slot] = down;
  }
}
