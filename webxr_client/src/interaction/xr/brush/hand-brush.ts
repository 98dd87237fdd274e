/** The brush at a hand: the place of the brush in the scene, and the items in the brush. */
import { Matrix4, Vector3 } from "three";
import type { AppState } from "../../../state/app-state.js";
import type { TrackedHand } from "../input/tracked-hand.js";
import { type BrushHit, queryBrush } from "./brush-query.js";
import { BrushTrail } from "./brush-trail.js";

/**
 * The stroke of a bare hand follows the hand with this delay, milliseconds. The headset detects the
 * end of a pinch only when the fingers are 25 mm apart. By then, the middle between the fingers has
 * moved.
 */
const BEHIND_MS = 80;

/** Milliseconds between two queries of the items in the brush. */
const QUERY_MS = 90;

const sceneFromRoom = new Matrix4();

export class HandBrush {
  /** Centre of the brush, scene metres. */
  readonly centre = new Vector3();
  /** Centre of the stroke, scene metres: for bare hands, the place of the brush BEHIND_MS ago. */
  readonly painted = new Vector3();
  /** Radius of the brush, scene metres. */
  radius = 0;
  /** The items in the brush at the last query. Queries run a few times a second. */
  readonly hit: BrushHit = { count: 0, nearest: -1 };
  /** Time of the last query, ms. */
  queriedAt = 0;
  private readonly trail = new BrushTrail();

  constructor(private readonly state: AppState) {}

  /**
   * Begin a stroke at the current place of the brush. Places from before this call do not become
   * part of the stroke.
   */
  beginStroke(): void {
    this.trail.clear();
    this.painted.copy(this.centre);
  }

  /** Move the brush to the hand. `scale`: room metres per scene metre; `now`: milliseconds. */
  locate(hand: TrackedHand, roomFromScene: Matrix4, scale: number, now: number): void {
    sceneFromRoom.copy(roomFromScene).invert();
    this.centre.copy(hand.brush).applyMatrix4(sceneFromRoom);
    this.radius = this.state.xr.radius.value / scale;
    this.trail.record(now, hand.brush);
    if (hand.bare) this.trail.at(now - BEHIND_MS, this.painted).applyMatrix4(sceneFromRoom);
    else this.painted.copy(this.centre);
  }

  /**
   * Query the items in the brush, if the last query is at least QUERY_MS ago. If `shown` is false,
   * the brush is not drawn, and the result is empty. Returns whether the brush contains items now
   * and contained none before.
   */
  refresh(now: number, shown: boolean): boolean {
    if (now - this.queriedAt < QUERY_MS) return false;
    this.queriedAt = now;
    const before = this.hit.count;
    if (shown) this.query();
    else this.clear();
    return before === 0 && this.hit.count > 0;
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
