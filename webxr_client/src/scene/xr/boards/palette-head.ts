/**
 * The head of the palette: the selection and a message. The head is a board of its own, because its
 * text changes many times a second during a stroke. It has only a fifth of the pixels of the
 * palette, so drawing it and sending it to the GPU is cheaper.
 */
import type { Signal } from "@preact/signals";
import { AlwaysDepth } from "three";
import type { AppState } from "../../../state/app-state.js";
import { forceText, TERM_COLOURS } from "../../../state/force-state.js";
import { count } from "../../../state/format.js";
import { NEW_CLASS } from "../../../state/naming-state.js";
import { overwriteText } from "../../../state/overwritten.js";
import { openCalls } from "../../../state/peer-calls.js";
import { peerColour } from "../../../state/people-state.js";
import { type ConnectedPerson, shortName } from "../../../state/persons.js";
import { estimate, knownInstead } from "../../../state/quality-text.js";
import { previewText } from "../../../state/rule-text.js";
import { summarise } from "../../../state/selection-summary.js";
import { outcomeOf, pictureText, SHEET_TITLES } from "../../../state/sheet-text.js";
import {
  BOARD_ACCENT,
  BOARD_GROUND,
  BOARD_MUTED,
  BOARD_TEXT,
  BOARD_WARM,
  Board,
  fitted,
  font,
  wrapped,
} from "./board.js";
import { FIRST_ROW, PALETTE_HEIGHT, PALETTE_WIDTH, type PaletteSide } from "./palette-layout.js";

/** Sizes of text, millimetres. At 0.45 m, 9.5 mm are 21 dmm (LEAST_DMM defines this unit). */
const TITLE = 11.5;
const LINE = 9.5;
const LINE_WIDTH = PALETTE_WIDTH - 24;

export class PaletteHead extends Board {
  constructor(
    private readonly state: AppState,
    private readonly side: Signal<PaletteSide>,
  ) {
    super(PALETTE_WIDTH / 1000, FIRST_ROW / 1000);
    this.mesh.material.depthFunc = AlwaysDepth;
    this.mesh.renderOrder = 4.2;
    this.mesh.position.y = (PALETTE_HEIGHT - FIRST_ROW) / 2000;
    this.mesh.updateMatrix();
    this.mesh.matrixAutoUpdate = false;
  }

  protected draw(context: CanvasRenderingContext2D): void {
    const { state } = this;
    context.fillStyle = BOARD_GROUND;
    context.beginPath();
    context.roundRect(1, 1, PALETTE_WIDTH - 2, FIRST_ROW - 2, [10, 10, 0, 0]);
    context.fill();
    state.sceneVersion.value;
    const total = count(state.tiled.value?.loaded ?? state.latent.n);
    context.textBaseline = "alphabetic";
    context.textAlign = "right";
    font(context, LINE);
    context.fillStyle = BOARD_MUTED;
    const share = `${count(state.labelled.value)} / ${total} labelled`;
    context.fillText(share, PALETTE_WIDTH - 12, 15);
    const room = PALETTE_WIDTH - 30 - context.measureText(share).width;
    context.textAlign = "left";
    font(context, TITLE, 650);
    context.fillStyle = BOARD_TEXT;
    context.fillText(fitted(context, this.title(), room), 12, 15);
    const [line, colour] = this.secondLine(state.selection.value.items);
    context.fillStyle = colour;
    font(context, LINE);
    const lines = wrapped(context, line, LINE_WIDTH, 2);
    const first = lines.length > 1 ? 27 : 31;
    lines.forEach((part, k) => {
      context.fillText(part, 12, first + 11 * k);
    });
  }

  private title(): string {
    const { selection, review, xr, classes } = this.state;
    const { items } = selection.value;
    const target = xr.naming.target.value;
    if (target === "pick") return "Class names";
    if (target !== null) return classes.value[target]?.name ?? "New class";
    const sheet = review.sheet.value;
    if (sheet) return `${SHEET_TITLES[sheet.kind]}: ${count(sheet.total)}`;
    return items.length > 0 ? `${count(items.length)} selected` : "Nothing selected";
  }

  /** Text and colour of the line under the title: a problem, the prediction, or what to do next. */
  private secondLine(items: Uint32Array): [string, string] {
    const { state } = this;
    const { xr } = state;
    const classes = state.classes.value;
    const target = xr.naming.target.value;
    const connection = state.connection.value;
    if (!state.connected.value) {
      const { pending } = connection;
      const waiting =
        pending > 0 ? ` ${pending} ${pending === 1 ? "action waits" : "actions wait"}.` : "";
      return [`${connection.detail || "Reconnecting…"}${waiting}`, BOARD_WARM];
    }
    const refusal = state.refusal.value;
    if (refusal) return [refusal.message, BOARD_WARM];
    const message = xr.message.value;
    if (message) return [message, BOARD_WARM];
    const [caller] = openCalls(state);
    if (caller && target === null) return [this.requestOf(caller), peerColour(caller.colour)];
    const aimed = classes[xr.aimed.value];
    if (aimed && items.length > 0 && !state.review.sheet.value && target === null) {
      const other = overwriteText(state, aimed.class_id);
      if (other) return [`${other} than ${aimed.name}.`, BOARD_WARM];
    }
    if (target === "pick")
      return ["Touch the class that you want to rename, or add a new class.", BOARD_MUTED];
    if (target !== null)
      return [
        target === NEW_CLASS ? "Choose its name." : "Choose its new name.",
        classes[target]?.colour ?? BOARD_MUTED,
      ];
    const notice = state.notices.value[0];
    if (notice) return [notice.message, BOARD_WARM];
    const { time } = state;
    if (!time.live.value)
      return [
        `Moment ${count(time.moment.value + 1)} of ${count(time.last.value + 1)}`,
        BOARD_ACCENT,
      ];
    if (this.side.value === "review" && !state.review.sheet.value) return this.quality();
    if (state.readOnly.value) return ["Read-only: you can look, turn and grab.", BOARD_MUTED];
    if (state.review.sheet.value) return this.ofSheet();
    const { reason } = state.selection.value;
    if (state.rules.keeps(state.selection.value)) return this.ofRule(items);
    if (reason) return [reason, BOARD_ACCENT];
    const force = state.forces.leading.value;
    if (force && items.length === 0) return [forceText(force), TERM_COLOURS[force]];
    if (items.length === 0) return [this.howToSelect(), BOARD_MUTED];
    state.predictionsVersion.value;
    const view = summarise(items, state.annotations.predictions, classes.length);
    const guess = classes[view.classId];
    if (!guess) return [this.howToLabel(), BOARD_MUTED];
    return [
      `${Math.round(100 * view.share)} % predicted ${guess.name}${view.clear ? "" : ": mixed"}`,
      guess.colour,
    ];
  }

  /** Text about the request of another person, and how to answer. */
  private requestOf({ name, call }: ConnectedPerson): string {
    const asks = call === "come" ? "asks you to come" : "asks you to follow";
    const where = this.side.value === "people" ? "touch the name, or stay" : "touch more, people";
    return `${shortName(name)} ${asks}: ${where}.`;
  }

  /** Text and colour of the line about a selection that would be kept as a rule. */
  private ofRule(items: Uint32Array): [string, string] {
    const preview = this.state.rules.preview.value;
    if (preview?.of !== items) return ["Finding the items that are like these…", BOARD_MUTED];
    return [previewText(preview), preview.problem ? BOARD_WARM : BOARD_ACCENT];
  }

  /**
   * Text and colour of the line about the quality of the labels. While a class has no label, the
   * line states what is known instead.
   */
  private quality(): [string, string] {
    const quality = this.state.review.quality.value;
    const instead = knownInstead(quality);
    if (instead) return [`${instead}. Next: a cluster without labels.`, BOARD_MUTED];
    if (typeof quality?.right !== "number")
      return ["The quality is not known yet: label items of each class.", BOARD_MUTED];
    const right = estimate(quality.right, quality.right_interval);
    const wrong = estimate(quality.label_error, quality.label_error_interval);
    return [`Right ${right}, labels wrong ${wrong}.`, BOARD_TEXT];
  }

  /**
   * Text and colour of the line for a contact sheet. The text describes the picked picture, or
   * states the next action.
   */
  private ofSheet(): [string, string] {
    const { review, classes } = this.state;
    const sheet = review.sheet.value;
    if (!sheet || sheet.status === "busy") return ["Loading…", BOARD_MUTED];
    const one = sheet.status === "open" ? sheet.items[review.at.value] : undefined;
    if (!one)
      return [
        sheet.status === "done"
          ? "Nothing is left on the sheet."
          : review.whole.value
            ? "Pick a group and touch its class, then confirm."
            : "Pick each wrong picture and its class, then confirm.",
        BOARD_MUTED,
      ];
    const outcome = outcomeOf(one, review.given.value, review.aside.value);
    return [
      pictureText(sheet.kind, one, outcome, classes.value),
      classes.value[outcome.becomes]?.colour ?? BOARD_TEXT,
    ];
  }

  private howToLabel(): string {
    const { liveClasses, xr } = this.state;
    if (liveClasses.value.length === 0)
      return xr.holding.value
        ? "There is no class yet: release the cluster, then touch + class."
        : "Touch + class to make the first class.";
    return xr.holding.value
      ? "Release the cluster on a class to label it."
      : "Touch a class, or grab the cluster and release it on a class.";
  }

  private howToSelect(): string {
    const { xr } = this.state;
    const bare = xr.bare.value;
    if (xr.tool.value === "cluster")
      return bare
        ? 'Pinch in a cluster to select it. The tile "thinner" widens the selection.'
        : "Hold the trigger in a cluster to select it. The stick widens the selection.";
    return `${bare ? "Pinch" : "Hold the trigger"} and move the brush over a cluster.`;
  }
}
