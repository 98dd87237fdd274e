/**
 * Detection of the tile of a board that a hand touches or points at, and of touches that press it.
 */
import { Matrix4, Vector3 } from "three";
import { type Tile, tileAt } from "../../../scene/xr/boards/palette-layout.js";
import {
  BOARD_TOUCH_BEFORE,
  BOARD_TOUCH_BEHIND,
  BOARD_TOUCH_BESIDE,
  PRESS_DISTANCE,
  RAY_LENGTH,
  REARM_DISTANCE,
} from "../placement/dimensions.js";

/**
 * Largest distance from the edge of a tile at which a hand outside the tile still hits the tile,
 * millimetres. The distance is less than half the gap between two tiles, so that a hand in the
 * middle of the gap hits neither tile.
 */
const SLACK = 3;

const boardFromRoom = new Matrix4();
const point = new Vector3();
const origin = new Vector3();
const direction = new Vector3();

export class BoardPointing {
  /** The tile that the hand touches or points at; null for none. */
  tile: Tile | null = null;
  /** Whether the hand is near the board or points at the board with its ray; null for neither. */
  mode: "touch" | "ray" | null = null;
  /** Where the ray meets the board, room metres. */
  readonly hit = new Vector3();
  /** Distance from the hand to `hit`, metres. */
  distance = 0;
  /**
   * Place on the board that the hand touches or points at, in millimetres from the left edge of the
   * board.
   */
  across = 0;
  /** Whether the hand touches the surface of the board. */
  touching = false;
  private armed = false;

  /** `width`, `height`: size of the board, millimetres. */
  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {}

  /** Whether the hand is near the board: gestures then apply to the board, not to the points. */
  get near(): boolean {
    return this.mode === "touch";
  }

  forget(): void {
    this.tile = null;
    this.mode = null;
    this.armed = this.touching = false;
  }

  /**
   * Find the tile that a hand touches or points at. All points are in room metres.
   *
   * @param roomFromBoard origin in the middle of the board, x right, y up, z to the person
   * @param touch the point of the hand that touches tiles
   * @returns the tile that was pressed by touch in this frame
   */
  update(
    roomFromBoard: Matrix4,
    tiles: readonly Tile[],
    touch: Vector3,
    rayOrigin: Vector3,
    rayDirection: Vector3,
  ): Tile | null {
    boardFromRoom.copy(roomFromBoard).invert();
    point.copy(touch).applyMatrix4(boardFromRoom);
    const inside =
      Math.abs(point.x) < this.width / 2000 + BOARD_TOUCH_BESIDE &&
      Math.abs(point.y) < this.height / 2000 + BOARD_TOUCH_BESIDE;
    if (inside && point.z < BOARD_TOUCH_BEFORE && point.z > -BOARD_TOUCH_BEHIND) {
      this.mode = "touch";
      this.tile = this.tileUnder(tiles, point);
      this.touching = point.z <= PRESS_DISTANCE;
      return this.touched(point.z);
    }
    this.armed = this.touching = false;
    this.mode = null;
    this.tile = null;
    this.aim(roomFromBoard, tiles, rayOrigin, rayDirection);
    return null;
  }

  /**
   * Press a tile by trigger or pinch near the surface. Returns the tile; null if the hand touches
   * the surface, or has not moved away since the last press.
   */
  pinch(): Tile | null {
    if (!this.near || !this.armed || this.touching) return null;
    this.armed = false;
    return this.tile;
  }

  private touched(depth: number): Tile | null {
    if (depth > REARM_DISTANCE) this.armed = true;
    if (!this.armed || depth > PRESS_DISTANCE) return null;
    this.armed = false;
    return this.tile;
  }

  private aim(
    roomFromBoard: Matrix4,
    tiles: readonly Tile[],
    rayOrigin: Vector3,
    rayDirection: Vector3,
  ): void {
    origin.copy(rayOrigin).applyMatrix4(boardFromRoom);
    direction.copy(rayDirection).transformDirection(boardFromRoom);
    if (direction.z > -1e-3) return; // the ray does not point at the front of the board
    const t = -origin.z / direction.z;
    if (!(t > 0 && t < RAY_LENGTH)) return;
    point.copy(origin).addScaledVector(direction, t);
    if (Math.abs(point.x) > this.width / 2000 || Math.abs(point.y) > this.height / 2000) return;
    this.mode = "ray";
    this.distance = t;
    this.tile = this.tileUnder(tiles, point);
    this.hit.copy(point).applyMatrix4(roomFromBoard);
  }

  private tileUnder(tiles: readonly Tile[], at: Vector3): Tile | null {
    this.across = at.x * 1000 + this.width / 2;
    return tileAt(tiles, this.across, this.height / 2 - at.y * 1000, SLACK);
  }
}
