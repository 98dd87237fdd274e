/** Placement of the strip of decoded pictures: along the line between the two items of the walk. */
import { type Matrix4, Vector3 } from "three";
import { CARD_FULL_SIZE_DISTANCE, CARD_LEAST_DISTANCE } from "./dimensions.js";
import type { HeadPose } from "./head-pose.js";

/** Distance from the line to the lower edge of the strip, as a multiple of the strip's height. */
const ABOVE_LINE = 0.35;
/** If the visible share of the line's length is below this number, the line is seen nearly from its
 * end. The strip is then horizontal. */
const END_ON = 0.2;

const along = new Vector3();
const upward = new Vector3();
const outward = new Vector3();
const middle = new Vector3();
const level = new Vector3(0, 1, 0);

/**
 * Place the strip over the line from `from` to `to` (room metres), turned to the eyes. Far away,
 * the strip is enlarged, so that it looks as large as near the eyes.
 *
 * @param height of the strip at scale 1, metres
 * @returns whether `from` is to the right of `to`; the first picture then has to be on the right
 */
export function placeStrip(
  roomFromStrip: Matrix4,
  head: HeadPose,
  from: Vector3,
  to: Vector3,
  height: number,
): boolean {
  middle.addVectors(from, to).multiplyScalar(0.5);
  outward.copy(head.position).sub(middle);
  const distance = Math.max(CARD_LEAST_DISTANCE, outward.length());
  outward.normalize();
  along.subVectors(to, from);
  const length = along.length();
  along.addScaledVector(outward, -along.dot(outward));
  if (along.length() < END_ON * length || length === 0) along.crossVectors(level, outward);
  along.normalize();
  upward.crossVectors(outward, along);
  const scale = Math.max(1, distance / CARD_FULL_SIZE_DISTANCE);
  middle.copy(head.position).addScaledVector(outward, -distance);
  const reversed = upward.y < 0; // the strip would be upside down
  if (reversed) {
    along.negate();
    upward.negate();
  }
  middle.addScaledVector(upward, (0.5 + ABOVE_LINE) * height * scale);
  roomFromStrip
    .makeBasis(
      along.multiplyScalar(scale),
      upward.multiplyScalar(scale),
      outward.multiplyScalar(scale),
    )
    .setPosition(middle);
  return reversed;
}
