/** The brush at a hand: the place of the brush in the scene, and the items in the brush. */
import { Matrix4, Vector3 } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { type BrushHit, queryBrush } from "./brush-query.js";

const sceneFromRoom = new Matrix4();

export class HandBrush {
  /** Centre of the brush, scene metres. */
  readonly centre = new Vector3();
  /** Radius of the brush, scene metres. */
  radius = 0;
  /** The items in the brush at the last query. Queries run a few times a second. */
  readonly hit: BrushHit = { count: 0, nearest: -1 };
  /** Time of the last query, ms. */
  queriedAt = 0;

  constructor(private readonly state: AppState) {}

  /** Move the brush to the hand. `scale`: room metres per scene metre. */
  locate(hand: TrackedHand, roomFromScene: Matrix4, scale: number): void {
    sceneFromRoom.copy(roomFromScene).invert();
    this.centre.copy(hand.brush).applyMatrix4(sceneFromRoom);
    this.radius = this.state.xr.radius.value / scale;
  }

  /** Query the items in the brush. */
  query(): void {
    queryBrush(this.state.latent, this.centre, this.centre, this.radius, this.hit);
  }

  /** Copy `hit`, the result of a stroke's query, so that the brush makes no second query. */
  takeOver(hit: BrushHit, now: number): void {
    this.hit.count = hit.count;
    this.hit.nearest = hit.nearest;
    this.queriedAt = now;
  }

  /** Empty the result of the last query. */
  clear(): void {
    this.hit.count = 0;
    this.hit.nearest = -1;
  }
}
