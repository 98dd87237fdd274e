/** Which tile of a board a hand is at, by touch or by its ray, and when a touch becomes a press. */
import { Matrix4, Vector3 } from "three";
import { type Tile, tileAt } from "../../../scene/xr/boards/palette-layout.js";

/** Metres before the board within which a hand is at it, and behind it. */
const NEAR = 0.07;
const BEHIND = 0.05;
/** A press begins at the surface, and the next one only when the hand has been away so far. */
const PRESS = 0.004;
const REARM = 0.018;
const RAY_REACH = 1.3;
/** Millimetres beside a tile that still count as it. */
const SLACK = 4;

const inverse = new Matrix4();
const point = new Vector3();
const origin = new Vector3();
const direction = new Vector3();

export class BoardPointing {
  tile: Tile | null = null;
  how: "touch" | "ray" | null = null;
  /** Where the ray meets the board, in the room, and after how many metres. */
  readonly hit = new Vector3();
  distance = 0;
  /** Where on the board the hand is, in millimetres from its left edge; whether it touches. */
  across = 0;
  touching = false;
  private armed = false;

  /** `width`, `height` of the board, in millimetres. */
  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {}

  /** Whether the hand is so near that it means the board, not what lies behind it. */
  get near(): boolean {
    return this.how === "touch";
  }

  forget(): void {
    this.tile = null;
    this.how = null;
    this.armed = this.touching = false;
  }

  /**
   * `board`: from its own metres (middle, x right, y up, z to the person) to the room. `touch`: what touches. Returns the tile that was pressed by
   * touch in this frame.
   */
  update(
    board: Matrix4,
    tiles: readonly Tile[],
    touch: Vector3,
    rayOrigin: Vector3,
    rayDirection: Vector3,
  ): Tile | null {
    inverse.copy(board).invert();
    point.copy(touch).applyMatrix4(inverse);
    const inside =
      Math.abs(point.x) < this.width / 2000 + 0.015 &&
      Math.abs(point.y) < this.height / 2000 + 0.015;
    if (inside && point.z < NEAR && point.z > -BEHIND) {
      this.how = "touch";
      this.tile = this.tileUnder(tiles, point);
      this.touching = point.z <= PRESS;
      return this.touched(point.z);
    }
    this.armed = this.touching = false;
    this.how = null;
    this.tile = null;
    this.aim(board, tiles, rayOrigin, rayDirection);
    return null;
  }

  /** Trigger or pinch before the surface: the tile it presses, if that is not the end of a touch. The next press comes after the hand was away. */
  pinch(): Tile | null {
    if (!this.near || !this.armed || this.touching) return null;
    this.armed = false;
    return this.tile;
  }

  private touched(depth: number): Tile | null {
    if (depth > REARM) this.armed = true;
    if (!this.armed || depth > PRESS) return null;
    this.armed = false;
    return this.tile;
  }

  private aim(
    board: Matrix4,
    tiles: readonly Tile[],
    rayOrigin: Vector3,
    rayDirection: Vector3,
  ): void {
    origin.copy(rayOrigin).applyMatrix4(inverse);
    direction.copy(rayDirection).transformDirection(inverse);
    if (direction.z > -1e-3) return; // from behind, or along it
    const t = -origin.z / direction.z;
    if (!(t > 0 && t < RAY_REACH)) return;
    point.copy(origin).addScaledVector(direction, t);
    if (Math.abs(point.x) > this.width / 2000 || Math.abs(point.y) > this.height / 2000) return;
    this.how = "ray";
    this.distance = t;
    this.tile = this.tileUnder(tiles, point);
    this.hit.copy(point).applyMatrix4(board);
  }

  private tileUnder(tiles: readonly Tile[], at: Vector3): Tile | null {
    this.across = at.x * 1000 + this.width / 2;
    return tileAt(tiles, this.across, this.height / 2 - at.y * 1000, SLACK);
  }
}
