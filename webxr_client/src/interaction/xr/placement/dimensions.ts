/**
 * Sizes and distances of VR, in metres of the room unless a comment gives another unit. Boards have
 * their own sizes in millimetres, beside their layouts in scene/xr/boards.
 */

// The cloud in front of the person.

/** Distance from the eyes to the middle of the cloud. */
export const CLOUD_DISTANCE = 0.72;
/** Largest extent of the cloud. */
export const CLOUD_EXTENT = 0.74;
/** Angle of the cloud's middle below the eyes, radians. */
export const CLOUD_BELOW_ANGLE = (15 * Math.PI) / 180;
/** Lowest height of the cloud's middle above the floor. */
export const CLOUD_LEAST_HEIGHT = 0.45;

// A contact sheet beside the middle of the cloud.

/** Distance from the eyes to the middle of the sheet: within reach, and not too near to read. */
export const SHEET_DISTANCE = 0.55;
export const SHEET_BELOW_EYES = 0.1;
/**
 * Angle between straight ahead and the middle of the sheet, radians. People look up to 30 degrees
 * aside with ease (Meta, comfort guidelines). The sheet may hide the edge of the cloud on its side.
 */
export const SHEET_ANGLE = (27 * Math.PI) / 180;
/**
 * Largest angle between the direction of view and the cloud at which the cloud counts as straight
 * ahead, radians. The angle is large, because a person who has pressed the tile for the sheet looks
 * at the palette at this moment, and then back at the cloud.
 */
export const SHEET_AHEAD_ANGLE = (50 * Math.PI) / 180;

// The palette near the hand that does not paint.

/**
 * Usual distance from the eyes to the palette. The size of the palette's text is chosen for this
 * distance.
 */
export const PALETTE_DISTANCE = 0.45;
/**
 * Largest angle between the direction of view and the palette at which the person counts as looking
 * at the palette, radians.
 */
export const PALETTE_LOOK_ANGLE = (25 * Math.PI) / 180;
/**
 * A hand within this distance enlarges a small palette, so that the palette has its full size when
 * the hand touches it.
 */
export const PALETTE_WAKE_DISTANCE = 0.3;
/** Scale and opacity of the palette while nobody looks at it. */
export const PALETTE_ASLEEP = { scale: 0.55, opacity: 0.35 } as const;

export const PALETTE_ABOVE_HAND = 0.13;
/**
 * Horizontal distance between the palette and the hand that carries it. The palette is on the side
 * of the hand that paints.
 */
export const PALETTE_BESIDE_HAND = 0.12;
/**
 * Place of the palette while there is no second hand, relative to the eyes: x right, y up, z
 * backward. The palette is within 30 degrees of straight ahead, because a person without tracked
 * hands looks at tiles to press them.
 */
export const PALETTE_PARKED = [-0.28, -0.34, -0.5] as const;

// The card of the item at the brush.

/**
 * Largest distance from the eyes at which the card has its normal size. Farther away, the card is
 * larger.
 */
export const CARD_FULL_SIZE_DISTANCE = 0.45;
/**
 * Distances from the surface of the brush to the middle of the card: sideways, up, and towards the
 * eyes.
 */
export const CARD_BESIDE_BRUSH = 0.055;
export const CARD_ABOVE_BRUSH = 0.02;
export const CARD_BEFORE_BRUSH = 0.05;
/** Smallest distance from the eyes to the card. Looking at a nearer card would strain the eyes. */
export const CARD_LEAST_DISTANCE = 0.4;
/** Distance from the upper edge of a sheet to the middle of the item card above it. */
export const CARD_ABOVE_SHEET = 0.076;
export const CARD_BEFORE_SHEET = 0.01;
/** Size of the card over a sheet, as a multiple of the card's normal size. */
export const CARD_SCALE_AT_SHEET = 1.25;

// Measurements of a frame, with ?bench in the address.

/**
 * Place of the board with the measurements, relative to the place of the eyes at the moment when
 * the cloud is placed.
 */
export const BENCH_PLACE = [0, 0.36, -1.1] as const;
/**
 * Scale of the board. At BENCH_PLACE, the board's text of 10 mm then has a size of 20 dmm (1 dmm: 1
 * mm at a distance of 1 m).
 */
export const BENCH_SCALE = 2.35;

// The brush.

/** Distance from a controller to the middle of its brush, along the ray of the controller. */
export const BRUSH_AHEAD = 0.12;
/** Radius of the sphere at the tip of a hand that is at a board. */
export const STYLUS_RADIUS = 0.008;
/**
 * Least radius round a hand in which a selected item can be grabbed; with a larger brush, the
 * radius is that of the brush.
 */
export const GRASP_RADIUS = 0.03;

// Boards that a hand touches or points at.

/** Largest distance in front of a board at which a hand counts as near the board. */
export const BOARD_TOUCH_BEFORE = 0.07;
/** Largest distance behind a board at which a hand counts as near the board. */
export const BOARD_TOUCH_BEHIND = 0.05;
/** Largest distance sideways from the edge of a board at which a hand counts as near the board. */
export const BOARD_TOUCH_BESIDE = 0.015;
/** Distance between the hand and the surface of a tile at which a touch presses the tile. */
export const PRESS_DISTANCE = 0.004;
/**
 * After a press, the hand has to move this far away from a tile before it can press the tile again.
 */
export const REARM_DISTANCE = 0.018;
/** Length of the ray from a hand. */
export const RAY_LENGTH = 1.3;
/** Length of a hand's ray while points are in its brush. The ray is short then, so that it does not
 * reach a board behind the points. */
const RAY_LENGTH_AT_POINTS = 0.35;
/**
 * Length of the ray of a hand that holds a cluster. The ray is short, so that the cluster is not
 * dropped on a distant board by accident.
 */
const RAY_LENGTH_WITH_CLUSTER = 0.25;
/**
 * Length of a hand's ray. `holds`: whether the hand holds a cluster. `points`: number of points in
 * its brush.
 */
export function rayLengthOf(holds: boolean, points: number): number {
  if (holds) return RAY_LENGTH_WITH_CLUSTER;
  return points === 0 ? RAY_LENGTH : RAY_LENGTH_AT_POINTS;
}

// Clusters and the world in the hand.

/** A cluster that a hand moves by less than this distance is not pinned, scene metres. */
export const LEAST_PULL = 0.03;
/**
 * A hand grasps points with its ray if they are farther from the eyes than this distance. When the
 * cloud is placed, its far side is at 1.05 m, where an arm can still touch points.
 */
export const FAR_DISTANCE = 1.2;
/** Largest factor by which the motion of a hand that holds a far place is multiplied. */
export const LARGEST_REACH_GAIN = 20;
/** Smallest scale of the world, in room metres per scene metre. */
export const LEAST_SCALE = 0.05;
/** Largest scale of the world, in room metres per scene metre. */
export const LARGEST_SCALE = 40;
