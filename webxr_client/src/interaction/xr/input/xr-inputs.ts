/**
 * Input sources of the headset, each assigned to the left or right hand. A hand cannot be
 * identified by the index of a source, because the indices change when controllers are put down.
 * Only start and end events are used, because `select` comes at different moments in different
 * browsers.
 *
 * A `transient-pointer` exists only while a person pinches (Apple Vision Pro). Its start
 * and end count as press and release of the hand on the same side. If the page does not get the
 * joints of this hand, the pointer serves as the hand while it exists.
 */
import type { WebXRManager } from "three";
import type { Handedness } from "../../../state/xr-state.js";
import { Pinches } from "./pinches.js";
import { isTransient, type Spaces, TrackedHand } from "./tracked-hand.js";

export interface InputListener {
  connected(hand: TrackedHand, source: XRInputSource): void;
  /** Called once or twice when a hand loses its input source, also at the end of a session. */
  disconnected(hand: TrackedHand): void;
  /** Called when the trigger is pressed or a pinch closes. */
  press(hand: TrackedHand): void;
  release(hand: TrackedHand): void;
  /** Called when a press ends without a release, because its transient pointer has vanished. */
  cancel(hand: TrackedHand): void;
  /** Called when the grip is pressed. Hands without a controller have no grip. */
  squeeze(hand: TrackedHand): void;
  unsqueeze(hand: TrackedHand): void;
}

/**
 * Indices of the input sources in three.js: two hands or controllers, and a transient pointer per
 * hand.
 */
const SOURCES = [0, 1, 2, 3];

export class XrInputs {
  readonly left = new TrackedHand("left");
  readonly right = new TrackedHand("right");
  readonly spaces: readonly Spaces[];
  private readonly pinches: Pinches;
  private readonly unbind: (() => void)[] = [];
  private now = 0;

  constructor(
    xr: WebXRManager,
    private readonly listener: InputListener,
  ) {
    this.pinches = new Pinches(
      (hand) => this.press(hand),
      (hand) => this.release(hand),
    );
    this.spaces = SOURCES.map((k) => ({
      ray: xr.getController(k),
      grip: xr.getControllerGrip(k),
      hand: xr.getHand(k),
    }));
    for (const spaces of this.spaces) this.bind(spaces);
  }

  of(side: Handedness): TrackedHand {
    return side === "left" ? this.left : this.right;
  }

  /** Read the poses of the current frame. `space`: the reference space of the room. */
  update(now: number, frame?: XRFrame, space?: XRReferenceSpace | null): void {
    this.now = now;
    this.left.update(now, frame, space);
    this.right.update(now, frame, space);
    this.pinches.update(this.left, now);
    this.pinches.update(this.right, now);
  }

  dispose(): void {
    for (const undo of this.unbind) undo();
  }

  private bind(spaces: Spaces): void {
    const { listener } = this;
    let hand: TrackedHand | null = null;
    const on = (type: string, handle: (source: XRInputSource | undefined) => void) => {
      const target = spaces.ray as unknown as EventTargetLike;
      const call = (event: { data?: XRInputSource }) => handle(event.data);
      target.addEventListener(type, call);
      this.unbind.push(() => target.removeEventListener(type, call));
    };
    const leave = () => {
      if (hand?.pointer === spaces) this.removePointer(hand);
      else if (hand?.spaces === spaces) this.disconnect(hand);
      hand = null; // the hand may have another source by now
    };
    on("connected", (source) => {
      leave();
      if (!source || (source.targetRayMode !== "tracked-pointer" && !isTransient(source))) return;
      hand = this.of(source.handedness === "left" ? "left" : "right");
      if (isTransient(source)) this.addPointer(hand, source, spaces);
      else this.connect(hand, source, spaces);
    });
    on("disconnected", leave);
    on("selectstart", () => {
      if (!hand) return;
      if (hand.bare) this.pinches.sawSelect();
      this.press(hand);
    });
    on("selectend", () => {
      if (hand) this.release(hand);
    });
    on("pinchstart", () => {
      if (hand?.spaces === spaces) this.pinches.start(hand, this.now);
    });
    on("pinchend", () => {
      if (hand?.spaces === spaces) this.pinches.end(hand);
    });
    on("squeezestart", () => {
      if (!hand || hand.squeezed) return;
      hand.squeezed = true;
      listener.squeeze(hand);
    });
    on("squeezeend", () => {
      if (!hand?.squeezed) return;
      hand.squeezed = false;
      listener.unsqueeze(hand);
    });
  }

  private connect(hand: TrackedHand, source: XRInputSource, spaces: Spaces): void {
    if (hand.source) this.disconnect(hand);
    hand.connect(source, spaces);
    this.listener.connected(hand, source);
  }

  private disconnect(hand: TrackedHand): void {
    this.listener.disconnected(hand);
    hand.disconnect();
  }

  private addPointer(hand: TrackedHand, source: XRInputSource, spaces: Spaces): void {
    if (!hand.source) this.connect(hand, source, spaces);
    hand.pointer = spaces;
  }

  private removePointer(hand: TrackedHand): void {
    if (hand.spaces === hand.pointer) {
      this.disconnect(hand);
      return;
    }
    hand.pointer = null;
    if (!hand.pressed) return;
    hand.pressed = false;
    this.listener.cancel(hand);
  }

  private press(hand: TrackedHand): void {
    if (hand.pressed) return;
    hand.pressed = true;
    // three.js reads the pose of a source before `selectstart`. Read it here too, because no frame
    // has read the pose of a pointer that has just appeared.
    if (hand.pointer) hand.update(this.now);
    this.listener.press(hand);
  }

  private release(hand: TrackedHand): void {
    if (!hand.pressed) return;
    hand.pressed = false;
    this.listener.release(hand);
  }
}

/** A `Group` of three.js that dispatches WebXR events. The types of three.js lack these events. */
interface EventTargetLike {
  addEventListener(type: string, listener: (event: { data?: XRInputSource }) => void): void;
  removeEventListener(type: string, listener: (event: { data?: XRInputSource }) => void): void;
}
