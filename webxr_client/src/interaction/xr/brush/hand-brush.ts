/** The brush at a hand: where it is in the scene, and which items it holds. */
import { Matrix4, Vector3 } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { type BrushHit, queryBrush } from "./brush-query.js";

const sceneFromRoom = new Matrix4();

export class HandBrush {
  /** Middle and radius, scene metres. */
  readonly centre = new Vector3();
  radius = 0;
  /** The items in the brush at the last query, which runs a few times a second. */
  readonly hit: BrushHit = { count: 0, nearest: -1 };
  /** Time of the last query, ms. */
  queriedAt = 0;

  constructor(private readonly state: AppState) {}

  /** Put the brush where the hand has it. `scale`: room metres per scene metre. */
  locate(hand: TrackedHand, roomFromScene: Matrix4, scale: number): void {
    sceneFromRoom.copy(roomFromScene).invert();
    this.centre.copy(hand.brush).applyMatrix4(sceneFromRoom);
    this.radius = this.state.xr.radius.value / scale;
  }

  query(): void {
    queryBrush(this.state.latent, this.centre, this.centre, this.radius, this.hit);
  }

  /** Take over what a stroke has just found: one query per frame is enough. */
  takeOver(hit: BrushHit, now: number): void {
    this.hit.count = hit.count;
    this.hit.nearest = hit.nearest;
    this.queriedAt = now;
  }

  clear(): void {
    this.hit.count = 0;
    this.hit.nearest = -1;
  }
}
