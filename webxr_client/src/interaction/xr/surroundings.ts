/** The objects in the room that hands act on in VR. */
import type { Matrix4, Vector3 } from "three";
import type { PaletteSide } from "../../scene/xr/boards/palette-layout.js";
import type { BoardsInRoom } from "./boards/aim.js";

/** The objects that hands act on. */
export interface XrSurroundings extends BoardsInRoom {
  /** Matrix from scene metres to room metres. */
  readonly roomFromScene: Matrix4;
  /** The head of the person. `position`: the place of the eyes, room metres. */
  readonly head: { readonly position: Vector3 };
  readonly palette: BoardsInRoom["palette"] & {
    turnPage(): void;
    turnTo(side: PaletteSide): void;
  };
  /** Return the running session of WebXR. */
  session?(): XRSession | null;
  /** Draw `items` in the hand that grabbed them; an empty array draws all items at their places. */
  showGrabbed(items: Uint32Array): void;
}
