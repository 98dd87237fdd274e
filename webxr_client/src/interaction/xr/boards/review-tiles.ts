/** Actions of the review tiles, on the palette and on a contact sheet. */
import type { PaletteSide, TileAction } from "../../../scene/xr/boards/palette-layout.js";
import type { AppState } from "../../../state/app-state.js";
import type { Commands } from "../../../state/commands.js";
import {
  cueAfter,
  LARGEST_ACCEPT_FROM,
  LEAST_ACCEPT_FROM,
  NO_PICTURE,
} from "../../../state/review-state.js";

/**
 * Confidence thresholds for accepting predictions, ascending. Each press of the tile chooses the
 * next threshold.
 */
const ACCEPT_FROM = [LEAST_ACCEPT_FROM, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, LARGEST_ACCEPT_FROM];
const NEARLY = 1e-6;

/** Run a review action. Returns false if `action` is not a review action. */
export function runReviewTile(
  action: TileAction,
  state: AppState,
  commands: Commands,
  palette: { turnTo(side: PaletteSide): void },
): boolean {
  const { review } = state;
  switch (action.kind) {
    case "review":
      palette.turnTo("review");
      if (state.conflicting.peek()) commands.withRules((rules) => rules.refresh());
      break;
    case "suspects":
    case "uncertain":
    case "conflicts":
      commands.openSheet(action.kind);
      break;
    case "next":
      commands.next();
      break;
    case "grow":
      commands.grow();
      break;
    case "similar":
      commands.moreLike();
      break;
    case "surer":
      review.acceptFrom.value =
        ACCEPT_FROM.find((from) => from > review.acceptFrom.peek() + NEARLY) ?? LARGEST_ACCEPT_FROM;
      break;
    case "bolder":
      review.acceptFrom.value =
        ACCEPT_FROM.findLast((from) => from < review.acceptFrom.peek() - NEARLY) ??
        LEAST_ACCEPT_FROM;
      break;
    case "colour":
      state.colourBy.value = cueAfter(state.colourBy.peek()) ?? "label";
      break;
    case "size":
      review.sizeBy.value = cueAfter(review.sizeBy.peek()) ?? "even";
      break;
    case "picture":
      review.at.value = review.at.peek() === action.place ? NO_PICTURE : action.place;
      break;
    case "group":
      review.whole.value = !review.whole.peek();
      break;
    case "aside":
      if (review.at.peek() === NO_PICTURE) state.xr.message.value = PICK_FIRST;
      else commands.setAside();
      break;
    case "goOn":
      commands.goOnWithSheet();
      break;
    case "close":
      commands.closeSheet();
      break;
    default:
      return false;
  }
  return true;
}

const PICK_FIRST = "Pick a picture of the sheet first.";

/**
 * Give a class to the picked picture of an open sheet. If no picture is picked, show a message.
 * Returns whether a picture got the class.
 */
export function correctPicked(classId: number, state: AppState, commands: Commands): boolean {
  if (state.review.sheet.peek()?.status !== "open" || state.review.at.peek() === NO_PICTURE) {
    state.xr.message.value = PICK_FIRST;
    return false;
  }
  commands.correct(classId);
  return true;
}
