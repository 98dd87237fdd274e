/**
 * A walk between two items: points on the straight path between them, and the pictures that the
 * model decodes at these points.
 */
import type { AppState } from "../state/app-state.js";
import type { Commands, Point } from "../state/commands.js";
import { WALK_PICTURES, type Walk } from "../state/force-state.js";
import { latentMean } from "./drag-tool.js";

/** Points at even steps on the straight path from an item to another item, in latent units. */
export function pathBetween(state: AppState, first: number, last: number): Point[] {
  const a = latentMean(state, first);
  const b = latentMean(state, last);
  const between = (share: number) => a.map((x, axis) => x + share * (b[axis]! - x)) as Point;
  return Array.from({ length: WALK_PICTURES }, (_, k) => between(k / (WALK_PICTURES - 1)));
}

/** Begin or end a walk. If exactly two items are selected, the walk is between these items. */
export function toggleWalk(state: AppState, commands: Commands): void {
  const { forces, selection, xr } = state;
  const { items } = selection.peek();
  if (forces.walk.peek()) forces.walk.value = null;
  else if (items.length === 2) void walkBetween(items[0]!, items[1]!, state, commands);
  else {
    forces.walk.value = { from: -1, to: -1, pictures: [] };
    const press = xr.bare.peek() ? "pinch" : "pull the trigger";
    xr.message.value = `Hold the brush at an item and ${press}; then do the same at a second item.`;
  }
}

/**
 * Take an item as the first item of the walk, or as the last item if the walk has a first item
 * already.
 */
export function pickForWalk(item: number, state: AppState, commands: Commands): void {
  const { forces, xr } = state;
  const first = forces.walk.peek()?.from ?? -1;
  if (first >= 0) void walkBetween(first, item, state, commands);
  else {
    forces.walk.value = { from: item, to: -1, pictures: [] };
    xr.message.value = "Now pick the second item.";
  }
}

/** Show a walk, and fetch its pictures. */
async function walkBetween(
  first: number,
  last: number,
  state: AppState,
  commands: Commands,
): Promise<void> {
  const walk: Walk = { from: first, to: last, pictures: [] };
  const { forces, xr } = state;
  forces.walk.value = walk;
  const pictures = await commands.decode(pathBetween(state, first, last));
  if (forces.walk.peek() !== walk) return;
  forces.walk.value = pictures.length > 0 ? { ...walk, pictures } : null;
  if (pictures.length === 0) xr.message.value = "The model cannot decode pictures of these data.";
}
