/**
 * Angles of the boards. From these angles, benchmarks/annotation_gain computes the time of a press.
 */
import { MathUtils, Matrix4, Vector3 } from "three";
import { describe, expect, test } from "vitest";
import {
  CLOUD_BELOW_ANGLE,
  CLOUD_DISTANCE,
  CLOUD_EXTENT,
  PALETTE_PARKED,
} from "../../../../src/interaction/xr/placement/dimensions.js";
import { HeadPose } from "../../../../src/interaction/xr/placement/head-pose.js";
import { placeSheet } from "../../../../src/interaction/xr/placement/placement.js";
import {
  forceTiles,
  menuTiles,
  paletteTiles,
  reviewTiles,
  type Tile,
} from "../../../../src/scene/xr/boards/palette-layout.js";
import { sheetTiles } from "../../../../src/scene/xr/boards/sheet-layout.js";
import { vectors } from "../../../vectors.js";

const targets = new Map(
  vectors<{ name: string; degrees: number }>("vr/press_targets.json").map((target) => [
    target.name,
    target.degrees,
  ]),
);
const head = new HeadPose();
head.position.set(0, 1.6, 0);

const fromEyes = (place: Vector3) => place.clone().sub(head.position);

function middleOfSheet(): Vector3 {
  const cloud = new Vector3(
    0,
    -Math.sin(CLOUD_BELOW_ANGLE) * CLOUD_DISTANCE,
    -Math.cos(CLOUD_BELOW_ANGLE) * CLOUD_DISTANCE,
  ).add(head.position);
  const roomFromSheet = new Matrix4();
  placeSheet(roomFromSheet, head, cloud, CLOUD_EXTENT / 2, 1);
  return fromEyes(new Vector3().setFromMatrixPosition(roomFromSheet));
}

/**
 * Angle under which a person sees the smaller side of the smallest tile, in degrees. Tiles are in
 * millimetres, the distance from the eyes is in metres.
 */
function smallest(tiles: readonly Tile[], metres: number): number {
  const side = Math.min(...tiles.map((tile) => Math.min(tile.width, tile.height)));
  return MathUtils.radToDeg(side / 1000 / metres);
}

describe("the angles of presses in the gain benchmark are those of the boards", () => {
  const sheet = middleOfSheet();
  const palette = fromEyes(head.toRoom(new Vector3(), PALETTE_PARKED));

  test("between sheet and palette", () => {
    expect(MathUtils.radToDeg(sheet.angleTo(palette))).toBeCloseTo(
      targets.get("between_boards") ?? Number.NaN,
      0,
    );
  });

  test("of the smallest tile of a sheet", () => {
    const item = {
      item: 0,
      class_id: -1,
      prediction: 0,
      confidence: 1,
      doubt: 0,
      proposed: 0,
      group: 0,
    };
    const tiles = sheetTiles({ items: [item], status: "open" });
    expect(smallest(tiles, sheet.length())).toBeCloseTo(targets.get("sheet_tile") ?? Number.NaN, 1);
  });

  test("of the smallest tile of the palette", () => {
    const tiles = [...paletteTiles(10, 0), ...menuTiles(), ...reviewTiles(), ...forceTiles(false)];
    expect(smallest(tiles, palette.length())).toBeCloseTo(
      targets.get("palette_tile") ?? Number.NaN,
      1,
    );
  });
});
