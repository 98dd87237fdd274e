/** A contact sheet in the room: pictures grouped by prediction, with a class below each picture. */
import { AlwaysDepth } from "three";
import type { SheetItem } from "../../../protocol/messages.js";
import type { AppState } from "../../../state/app-state.js";
import { count } from "../../../state/format.js";
import { labelDiffers, type OpenSheet, sheetLabels } from "../../../state/review-state.js";
import {
  classCaption,
  confirmText,
  expectedErrors,
  groupHead,
  groupSpan,
  nothingLeft,
  outcomeOf,
  SHEET_COLUMNS,
  SHEET_TITLES,
} from "../../../state/sheet-text.js";
import type { Atlas } from "../../cloud/atlas.js";
import {
  BOARD_ACCENT,
  BOARD_LEADING,
  BOARD_MUTED,
  BOARD_RAIL,
  BOARD_TEXT,
  BOARD_TILE,
  BOARD_WARM,
  Board,
  drawGround,
  fitted,
  font,
  wrapped,
} from "./board.js";
import { ItemPicture } from "./item-picture.js";
import { GAP, MARGIN, type Tile } from "./palette-layout.js";
import { PICTURE, SHEET_HEIGHT, SHEET_WIDTH, sheetTiles } from "./sheet-layout.js";
import { TileFrame } from "./tile-frame.js";

/** Sizes of text, millimetres. At 0.55 m, 11 mm are 20 dmm (LEAST_DMM defines this unit). */
const TITLE = 13;
const LINE = 11;
/** Height of the letters of an item's text, and largest number of its lines. */
const WORDS = 6.5;
const WORD_LINES = 4;
const BAR = 3;

export class SheetBoard extends Board {
  tiles: Tile[] = [];
  private readonly picture: ItemPicture;
  private readonly lit = new TileFrame(SHEET_WIDTH, SHEET_HEIGHT, 1, BOARD_ACCENT);
  private readonly picked = new TileFrame(SHEET_WIDTH, SHEET_HEIGHT, 2.4, "#ffffff");

  constructor(
    private readonly state: AppState,
    atlas: { current: Atlas | null },
  ) {
    super(SHEET_WIDTH / 1000, SHEET_HEIGHT / 1000);
    this.mesh.material.depthFunc = AlwaysDepth;
    this.picture = new ItemPicture(atlas);
    this.mesh.matrixAutoUpdate = false;
    this.mesh.visible = false;
    this.mesh.add(this.picked.mesh, this.lit.mesh);
  }

  /** Lay the tiles out again, after the sheet has changed or closed. */
  relayout(): void {
    const sheet = this.state.review.sheet.peek();
    this.mesh.visible = sheet !== null;
    this.tiles = sheet ? sheetTiles(sheet) : [];
    this.lit.show(null);
    this.pick();
    this.invalidate();
  }

  /** Highlight the tile that a hand touches or points at; null removes the highlight. */
  light(tile: Tile | null): void {
    this.lit.show(tile);
  }

  /** Draw a frame around the picked picture. */
  pick(): void {
    const at = this.state.review.at.peek();
    this.picked.show(
      this.tiles.find(({ action }) => action.kind === "picture" && action.place === at) ?? null,
    );
  }

  protected draw(context: CanvasRenderingContext2D): void {
    const { review } = this.state;
    const sheet = review.sheet.value;
    if (!sheet) return;
    drawGround(context, SHEET_WIDTH, SHEET_HEIGHT, 11);
    const said = sheetLabels(sheet, review.given.value, review.aside.value);
    this.drawHead(context, sheet, said.changed);
    context.globalAlpha = sheet.status === "busy" ? 0.4 : 1;
    for (const tile of this.tiles)
      if (tile.action.kind === "picture") this.drawCell(context, sheet, tile, tile.action.place);
      else this.drawTile(context, tile, confirmText(said), review.whole.value);
    context.globalAlpha = 1;
  }

  private drawHead(context: CanvasRenderingContext2D, sheet: OpenSheet, changed: number): void {
    const room = SHEET_WIDTH - 2 * MARGIN - 4;
    context.textBaseline = "alphabetic";
    context.textAlign = "right";
    context.fillStyle = BOARD_MUTED;
    font(context, LINE);
    const what =
      sheet.status === "busy"
        ? "Loading…"
        : sheet.status === "done"
          ? ""
          : `changes ${count(changed)}`;
    context.fillText(what, SHEET_WIDTH - MARGIN - 2, 17);
    context.textAlign = "left";
    context.fillStyle = BOARD_TEXT;
    font(context, TITLE, 650);
    context.fillText(`${SHEET_TITLES[sheet.kind]}: ${count(sheet.total)}`, MARGIN + 2, 17);
    context.fillStyle = BOARD_MUTED;
    font(context, LINE);
    if (sheet.status !== "done") {
      context.fillText(
        fitted(context, sheet.reason || expectedErrors(sheet), room),
        MARGIN + 2,
        32,
      );
      return;
    }
    context.fillStyle = BOARD_TEXT;
    font(context, 13);
    const text = nothingLeft(sheet.kind, this.state.review.quality.value);
    wrapped(context, text, room, 3).forEach((line, k) => {
      context.fillText(line, MARGIN + 2, 60 + 19 * k);
    });
  }

  private drawCell(
    context: CanvasRenderingContext2D,
    sheet: OpenSheet,
    { x, y }: Tile,
    place: number,
  ): void {
    const { state } = this;
    const one = sheet.items[place]!;
    const classes = state.classes.value;
    const given = state.review.given.value;
    const { becomes, decision } = outcomeOf(one, given, state.review.aside.value);
    const head = groupHead(sheet, place, given);
    context.textAlign = "left";
    const span = groupSpan(sheet.items, place, SHEET_COLUMNS);
    if (span > 0) {
      const info = classes[head.classId];
      font(context, LINE, 650);
      context.fillStyle = info?.colour ?? BOARD_MUTED;
      const words = [info?.name, head.text].filter((word) => word).join(" · ");
      context.fillText(fitted(context, words, span * (PICTURE + GAP) - 4), x, y - 3);
    }
    const alpha = context.globalAlpha;
    if (decision === "aside") context.globalAlpha = 0.3;
    this.drawPicture(context, one, x, y);
    context.globalAlpha = alpha;
    if (labelDiffers(one)) {
      context.strokeStyle = BOARD_WARM;
      context.lineWidth = 1.4;
      context.strokeRect(x + 0.7, y + 0.7, PICTURE - 1.4, PICTURE - 1.4);
    }
    if (this.inPickedGroup(sheet, one.group)) {
      context.strokeStyle = BOARD_ACCENT;
      context.lineWidth = 2.4;
      context.strokeRect(x + 1.2, y + 1.2, PICTURE - 2.4, PICTURE - 2.4);
    }
    context.fillStyle = classes[becomes]?.colour ?? BOARD_RAIL;
    context.fillRect(x, y + PICTURE + 1, PICTURE, BAR);
    const name = classCaption(one, becomes, decision, head.classId);
    const word = decision === "aside" ? "skipped" : name && classes[name.classId]?.name;
    if (!word) return;
    // Write the name at the right, because the group name of the next row is at the left.
    font(context, LINE, 650);
    context.fillStyle = name && !name.struck ? BOARD_TEXT : BOARD_MUTED;
    const shown = fitted(context, word, PICTURE + GAP - 2);
    const left = x + PICTURE - context.measureText(shown).width;
    context.fillText(shown, left, y + PICTURE + BAR + 11);
    if (name?.struck)
      context.fillRect(left, y + PICTURE + BAR + 7.2, context.measureText(shown).width, 0.7);
  }

  /** Whether the class of the next touched tile goes to the group with this number. */
  private inPickedGroup({ items }: OpenSheet, group: number): boolean {
    const { review } = this.state;
    // Read `at` only if a whole group is picked, because a change of a signal that was read makes
    // the board stale. The pick of a single picture does not change the drawing.
    return review.whole.value && items[review.at.value]?.group === group;
  }

  private drawPicture(
    context: CanvasRenderingContext2D,
    { item, text }: SheetItem,
    x: number,
    y: number,
  ): void {
    context.fillStyle = "#000";
    context.fillRect(x, y, PICTURE, PICTURE);
    if (this.picture.draw(context, item, x, y, PICTURE)) return;
    this.state.picturesVersion.value; // draws the board again after the picture has loaded
    font(context, text ? WORDS : LINE);
    context.fillStyle = text ? BOARD_TEXT : BOARD_MUTED;
    if (text)
      wrapped(context, text, PICTURE - 3, WORD_LINES).forEach((line, k) => {
        context.fillText(line, x + 1.5, y + WORDS + 0.5 + k * (WORDS + 1));
      });
    else context.fillText(fitted(context, count(item), PICTURE - 4), x + 2, y + PICTURE / 2 + 4);
  }

  private drawTile(
    context: CanvasRenderingContext2D,
    tile: Tile,
    confirm: string,
    whole: boolean,
  ): void {
    context.beginPath();
    context.roundRect(tile.x, tile.y, tile.width, tile.height, 5);
    context.fillStyle = tile.action.kind === "confirm" && confirm ? BOARD_LEADING : BOARD_TILE;
    context.fill();
    const [first, second] = words(tile.action.kind, confirm, whole);
    const middle = tile.x + tile.width / 2;
    context.textAlign = "center";
    context.fillStyle = BOARD_TEXT;
    font(context, LINE, 600);
    context.fillText(first, middle, tile.y + (second ? 13.5 : tile.height / 2 + 4));
    font(context, LINE);
    context.fillStyle = BOARD_MUTED;
    context.fillText(fitted(context, second, tile.width - 6), middle, tile.y + 26);
  }

  override dispose(): void {
    super.dispose();
    this.lit.dispose();
    this.picked.dispose();
  }
}

/**
 * Text of a tile of the bottom row, and the smaller line under the text.
 *
 * @param confirm Text that states what the tile `confirm` would do; "" if it would label nothing.
 * @param whole Whether a class goes to the whole group of the picked picture.
 */
function words(kind: Tile["action"]["kind"], confirm: string, whole: boolean): [string, string] {
  switch (kind) {
    case "confirm":
      return confirm
        ? ["confirm", confirm.toLowerCase()]
        : ["nothing to confirm", "pick one, then its class"];
    case "group":
      return whole ? ["whole group", "is labelled"] : ["one item", "is labelled"];
    case "aside":
      return ["cannot tell", "skip"];
    case "goOn":
      return ["show the least certain items anyway", ""];
    default:
      return ["close", ""];
  }
}
