/**
 * One of the two hands, with a controller or without, in the current frame. Lengths are room
 * metres.
 */
import { type Group, Matrix4, Quaternion, Vector3, type XRHandSpace } from "three";
import type { Handedness } from "../../../state/xr-state.js";
import { BRUSH_AHEAD } from "../placement/dimensions.js";

/** Milliseconds after which a hand counts as lost, if the headset does not see it. */
const LOST_MS = 350;
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

const one = new Vector3(1, 1, 1);

export class TrackedHand {
  source: XRInputSource | null = null;
  spaces: Spaces | null = null;
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
  /** Pose of the hand; a grabbed object moves with it. */
  readonly roomFromHand = new Matrix4();
  readonly position = new Vector3();
  readonly orientation = new Quaternion();
  /** Middle of the brush. */
  readonly brush = new Vector3();
  /** The point that presses tiles: the fingertip, or the brush of a controller. */
  readonly touch = new Vector3();
  readonly rayOrigin = new Vector3();
  readonly rayDirection = new Vector3();
  private readonly down = [false, false, false];
  private readonly justDown = [false, false, false];

  constructor(readonly side: Handedness) {}

  /** Whether the hand has no controller. Such a hand pinches and has no buttons. */
  get bare(): boolean {
    return this.source?.hand !== undefined && this.source?.hand !== null;
  }

  connect(source: XRInputSource, spaces: Spaces): void {
    this.source = source;
    this.spaces = spaces;
    this.lostSince = 0;
  }

  disconnect(): void {
    this.source = null;
    this.spaces = null;
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

  /** Read the current frame, after three.js has updated the spaces. */
  update(now: number): void {
    const { spaces } = this;
    if (!spaces || !this.source) return;
    this.tracked = this.bare ? this.readHand(spaces) : this.readController(spaces);
    if (this.tracked) this.lostSince = 0;
    else if (this.lostSince === 0) this.lostSince = now;
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

  /** Vibrate, if the device can. `strength`: 0..1. */
  pulse(strength: number, ms: number): void {
    const actuator = this.source?.gamepad?.hapticActuators?.[0] as
      | { pulse?(value: number, duration: number): Promise<boolean> }
      | undefined;
    actuator?.pulse?.(strength, ms)?.catch(() => {});
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
