/** The item at the brush, shown large: its picture or text, its label and its prediction. */
import { computed, signal } from "@preact/signals";
import { fetchItemInfo, itemNumber } from "../../../net/api.js";
import type { AppState } from "../../../state/app-state.js";
import type { Decoded, Seen } from "../../../state/force-state.js";
import { textOf } from "../../../state/item-text.js";
import type { Atlas } from "../../cloud/atlas.js";
import { drawDecoded } from "../../cloud/decoded-picture.js";
import { BOARD_MUTED, BOARD_TEXT, Board, drawGround, fitted, font, wrapped } from "./board.js";
import { ItemPicture } from "./item-picture.js";

const WIDTH = 88;
const HEIGHT = 114;
const PICTURE = 60;
/**
 * Sizes of text, millimetres. At 0.45 m, where the card has its full size, 9.5 mm are 21 dmm
 * (LEAST_DMM defines this unit).
 */
const NAME = 11;
const LINE = 9.5;
/** Largest number of lines of the text of an item, and their distance, millimetres. */
const TEXT_LINES = 5;
const TEXT_STEP = 12;
/** Wait before a text is fetched, so that a quick brush fetches only the text where it ends, ms. */
const PATIENCE_MS = 80;

export class ItemCard extends Board {
  private readonly item = signal(-1);
  private readonly place = signal(false);
  /**
   * Label, prediction and confidence of the item, as text. New predictions come for all items at
   * once; the card is drawn again only if this text changes.
   */
  private readonly known = computed(() => {
    const { annotations, labelsVersion, predictionsVersion } = this.state;
    labelsVersion.value;
    predictionsVersion.value;
    const item = this.item.value;
    return [annotations.labels, annotations.predictions, annotations.confidence]
      .map((of) => of[item])
      .concat(Number(annotations.isHidden(item)))
      .join();
  });
  private readonly picture: ItemPicture;
  private readonly small = document.createElement("canvas");
  /** Text of the item; "" until it has arrived, and for items that are not texts. */
  private readonly text = signal("");

  constructor(
    private readonly state: AppState,
    atlas: { current: Atlas | null },
    private readonly ask: typeof fetchItemInfo = fetchItemInfo,
  ) {
    super(WIDTH / 1000, HEIGHT / 1000);
    this.picture = new ItemPicture(atlas);
    this.mesh.visible = false;
    // Points in front of the card do not cover it.
    this.mesh.material.depthTest = false;
    this.mesh.renderOrder = 6;
  }

  /**
   * Show an item; -1 for none. `place`: whether the card shows the picture that the model decodes
   * at the place of the brush.
   */
  show(item: number, place: boolean): void {
    this.mesh.visible = item >= 0 || (place && this.state.forces.decoded.value !== null);
    // Called in every frame: `peek` would allocate a function.
    if (item !== this.item.value) void this.read(item);
    this.item.value = item;
    this.place.value = place;
  }

  private async read(item: number): Promise<void> {
    this.text.value = "";
    const session = this.state.session.peek();
    if (item < 0 || !session?.text_column) return;
    await new Promise((done) => setTimeout(done, PATIENCE_MS));
    if (item !== this.item.peek()) return;
    // Without an answer, the card shows the label and the number of the item.
    const info = await this.ask(item).catch(() => undefined);
    if (item === this.item.peek()) this.text.value = textOf(session, info);
  }

  private drawMade(
    context: CanvasRenderingContext2D,
    made: Decoded | null,
    x: number,
    y: number,
    size: number,
  ): void {
    if (!made) return;
    drawDecoded(this.small, made);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, x, y, size, size);
  }

  private drawText(context: CanvasRenderingContext2D): void {
    font(context, LINE);
    context.fillStyle = BOARD_TEXT;
    wrapped(context, this.text.value, WIDTH - 16, TEXT_LINES).forEach((line, k) => {
      context.fillText(line, 8, 16 + TEXT_STEP * k);
    });
  }

  protected draw(context: CanvasRenderingContext2D): void {
    const { state } = this;
    const item = this.item.value;
    this.known.value;
    drawGround(context, WIDTH, HEIGHT, 6);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    const left = (WIDTH - PICTURE) / 2;
    const isText = item >= 0 && !!state.session.value?.text_column;
    context.fillStyle = "#000";
    if (!isText) context.fillRect(left, 7, PICTURE, PICTURE);
    if (item < 0) {
      this.drawMade(context, state.forces.decoded.value, left, 7, PICTURE);
      font(context, LINE);
      context.fillStyle = BOARD_MUTED;
      context.fillText("decoded here", 10, 81);
      return;
    }
    state.picturesVersion.value;
    if (isText) this.drawText(context);
    else this.picture.draw(context, item, left, 7, PICTURE);
    // The corner shows the item's reconstruction, or else the picture decoded at the brush.
    const seen = state.forces.seen.value.get(item);
    const made = seen?.reconstruction ?? (this.place.value ? state.forces.decoded.value : null);
    this.drawMade(context, made, left + PICTURE - 22, 7 + PICTURE - 22, 22);
    const classes = state.classes.value;
    const label = classes[state.annotations.labels[item] ?? -1];
    const predicted = classes[state.annotations.predictions[item] ?? -1];
    font(context, NAME, 650);
    context.fillStyle = label?.colour ?? BOARD_TEXT;
    const hidden = state.annotations.isHidden(item);
    const name = label?.name ?? (hidden ? "label hidden" : "unlabelled");
    context.fillText(fitted(context, name, WIDTH - 20), 10, 80.5);
    font(context, LINE);
    context.fillStyle = BOARD_MUTED;
    const confidence = Math.round((state.annotations.confidence[item]! / 255) * 100);
    const lines = seen
      ? lossAndSigma(seen)
      : predicted
        ? ["predicted", `${predicted.name}, ${confidence} %`]
        : [hidden ? "sheet is open" : "not predicted", `item ${itemNumber(item)}`];
    lines.forEach((line, k) => {
      context.fillText(fitted(context, line, WIDTH - 16), 10, 93 + 12 * k);
    });
  }
}

function lossAndSigma({ error, sigma }: Seen): string[] {
  const mean = sigma.reduce((a, b) => a + b, 0) / Math.max(1, sigma.length);
  return [`loss ${error.toFixed(0)} nats`, `σ ${mean.toFixed(2)}`];
}
