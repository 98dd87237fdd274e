/**
 * Input sources of the headset, each assigned to the left or right hand. A hand cannot be
 * identified by the index of a source, because the indices change when controllers are put down.
 * Only start and end events are used, because `select` comes at different moments in different
 * browsers.
 */
import type { WebXRManager } from "three";
import type { Handedness } from "../../../state/xr-state.js";
import { type Spaces, TrackedHand } from "./tracked-hand.js";

export interface InputListener {
  connected(hand: TrackedHand, source: XRInputSource): void;
  /** Called once or twice when a hand loses its input source, also at the end of a session. */
  disconnected(hand: TrackedHand): void;
  /** Called when the trigger is pressed or a pinch closes. */
  press(hand: TrackedHand): void;
  release(hand: TrackedHand): void;
  /** Called when the grip is pressed. Hands without a controller have no grip. */
  squeeze(hand: TrackedHand): void;
  unsqueeze(hand: TrackedHand): void;
}

const SOURCES = [0, 1];

export class XrInputs {
  readonly left = new TrackedHand("left");
  readonly right = new TrackedHand("right");
  readonly spaces: readonly Spaces[];
  private readonly unbind: (() => void)[] = [];

  constructor(xr: WebXRManager, listener: InputListener) {
    this.spaces = SOURCES.map((k) => ({
      ray: xr.getController(k),
      grip: xr.getControllerGrip(k),
      hand: xr.getHand(k),
    }));
    for (const spaces of this.spaces) this.bind(spaces, listener);
  }

  of(side: Handedness): TrackedHand {
    return side === "left" ? this.left : this.right;
  }

  update(now: number): void {
    this.left.update(now);
    this.right.update(now);
  }

  dispose(): void {
    for (const undo of this.unbind) undo();
  }

  private bind(spaces: Spaces, listener: InputListener): void {
    let hand: TrackedHand | null = null;
    const on = (type: string, handle: (source: XRInputSource | undefined) => void) => {
      const target = spaces.ray as unknown as EventTargetLike;
      const call = (event: { data?: XRInputSource }) => handle(event.data);
      target.addEventListener(type, call);
      this.unbind.push(() => target.removeEventListener(type, call));
    };
    const leave = () => {
      const left = hand;
      hand = null;
      if (!left || left.spaces !== spaces) return; // the hand has another source by now
      listener.disconnected(left);
      left.disconnect();
    };
    on("connected", (source) => {
      if (source?.targetRayMode !== "tracked-pointer") return;
      leave();
      hand = this.of(source.handedness === "left" ? "left" : "right");
      if (hand.source) {
        listener.disconnected(hand);
        hand.disconnect();
      }
      hand.connect(source, spaces);
      listener.connected(hand, source);
    });
    on("disconnected", leave);
    on("selectstart", () => {
      if (!hand || hand.pressed) return;
      hand.pressed = true;
      listener.press(hand);
    });
    on("selectend", () => {
      if (!hand?.pressed) return;
      hand.pressed = false;
      listener.release(hand);
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
}

/** A `Group` of three.js that dispatches WebXR events. The types of three.js lack these events. */
interface EventTargetLike {
  addEventListener(type: string, listener: (event: { data?: XRInputSource }) => void): void;
  removeEventListener(type: string, listener: (event: { data?: XRInputSource }) => void): void;
}
