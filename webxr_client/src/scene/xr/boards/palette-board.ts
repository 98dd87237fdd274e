/** The palette at the hand that does not paint: classes, actions, and a line of text above them. */
import { AlwaysDepth } from "three";
import type { Interval } from "../../../protocol/messages.js";
import type { AppState } from "../../../state/app-state.js";
import { count, percent } from "../../../state/format.js";
import { knownInstead, range } from "../../../state/quality-text.js";
import { TARGET_SHARE } from "../../../state/review-state.js";
import {
  BOARD_ACCENT,
  BOARD_MUTED,
  BOARD_RAIL,
  BOARD_TEXT,
  BOARD_TILE,
  Board,
  drawGround,
  fitFont,
  fitted,
  font,
} from "./board.js";
import { PaletteActions } from "./palette-actions.js";
import { PaletteHead } from "./palette-head.js";
import {
  FIRST_ROW,
  MARGIN,
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  type PaletteSide,
  pagesOf,
  paletteTiles,
  reviewTiles,
  TIMELINE_MARGIN,
  type Tile,
  timeTiles,
} from "./palette-layout.js";

export class PaletteBoard extends Board {
  page = 0;
  side: PaletteSide = "classes";
  tiles: Tile[] = [];
  readonly head: PaletteHead;
  private lit: Tile | null = null;
  private readonly actions: PaletteActions;

  constructor(private readonly state: AppState) {
    super(PALETTE_WIDTH / 1000, PALETTE_HEIGHT / 1000);
    // Points in front of the palette do not cover it. Hands and brush are drawn later, by depth.
    this.mesh.material.depthFunc = AlwaysDepth;
    this.actions = new PaletteActions(state);
    this.head = new PaletteHead(state);
    this.mesh.add(this.head.mesh);
  }

  /** Highlight the tile that a hand touches or points at; null removes the highlight. */
  light(tile: Tile | null): void {
    if (tile === this.lit) return;
    this.lit = tile;
    this.invalidate();
  }

  /** Show the next page of class tiles. */
  turnPage(): void {
    this.page = (this.page + 1) % pagesOf(this.state.liveClasses.peek().length);
    this.relayout();
  }

  turnTo(side: PaletteSide): void {
    this.side = side;
    this.relayout();
  }

  /** Lay the tiles out again after a change of classes or notices. */
  relayout(): void {
    this.tiles =
      this.side === "time"
        ? timeTiles(this.state.notices.peek().some((notice) => notice.mend))
        : this.side === "review"
          ? reviewTiles()
          : this.classTiles();
    this.lit = null;
    this.invalidate();
  }

  /** Return one tile per class that is not merged or deleted, without gaps between the tiles. */
  private classTiles(): Tile[] {
    const live = this.state.liveClasses.peek();
    return paletteTiles(live.length, this.page).map((tile) =>
      tile.action.kind === "class"
        ? {
            ...tile,
            action: { ...tile.action, classId: live[tile.action.classId]?.class_id ?? -1 },
          }
        : tile,
    );
  }

  protected draw(context: CanvasRenderingContext2D): void {
    drawGround(context, PALETTE_WIDTH, PALETTE_HEIGHT, 11);
    if (this.side === "review") {
      this.actions.countAcceptable();
      this.drawQuality(context);
    }
    for (const tile of this.tiles) this.drawTile(context, tile);
  }

  /** Draw the three quality figures. */
  private drawQuality(context: CanvasRenderingContext2D): void {
    const quality = this.state.review.quality.value;
    const share = (value: number | null | undefined) =>
      typeof value === "number" ? percent(value, 1) : "–";
    const instead = knownInstead(quality);
    if (instead) {
      this.drawInstead(context, instead);
      return;
    }
    const left = quality?.gestures_left;
    const within = (name: string, interval: Interval | null | undefined) =>
      interval ? `${name}, ${range(interval)}` : name;
    const figures = [
      [share(quality?.right), within("right", quality?.right_interval)],
      [share(quality?.label_error), within("wrong", quality?.label_error_interval)],
      [
        typeof left === "number" ? count(left) : "–",
        `gestures to ${percent(quality?.target ?? TARGET_SHARE)}`,
      ],
    ];
    const wide = (PALETTE_WIDTH - 2 * MARGIN) / figures.length;
    context.textAlign = "center";
    figures.forEach(([value, name], k) => {
      const middle = MARGIN + (k + 0.5) * wide;
      font(context, 12, 650);
      context.fillStyle = BOARD_TEXT;
      context.fillText(value as string, middle, FIRST_ROW + 14);
      font(context, 7.5);
      context.fillStyle = BOARD_MUTED;
      context.fillText(name as string, middle, FIRST_ROW + 25);
    });
  }

  /**
   * Draw what the palette shows instead of quality figures while a class has no label: the text
   * `known` (how many classes have labels), and the next step.
   */
  private drawInstead(context: CanvasRenderingContext2D, known: string): void {
    context.textAlign = "center";
    font(context, 10, 650);
    context.fillStyle = BOARD_TEXT;
    context.fillText(known, PALETTE_WIDTH / 2, FIRST_ROW + 12);
    font(context, 7.5);
    context.fillStyle = BOARD_MUTED;
    const next = "Next: a cluster without labels (suggest next)";
    context.fillText(
      fitted(context, next, PALETTE_WIDTH - 2 * MARGIN),
      PALETTE_WIDTH / 2,
      FIRST_ROW + 24,
    );
  }

  /** Draw the timeline: the current moment, and a mark per gesture in the colour of its class. */
  private drawScrub(context: CanvasRenderingContext2D, tile: Tile): void {
    const { time, classes } = this.state;
    const last = Math.max(1, time.last.value);
    const left = tile.x + TIMELINE_MARGIN;
    const wide = tile.width - 2 * TIMELINE_MARGIN;
    const y = tile.y + tile.height / 2;
    const at = (moment: number) => left + (wide * Math.min(moment, last)) / last;
    const now = at(time.live.value ? last : time.moment.value);
    context.fillStyle = BOARD_RAIL;
    context.fillRect(left, y - 1, wide, 2);
    context.fillStyle = BOARD_ACCENT;
    context.fillRect(left, y - 1, now - left, 2);
    const dot = (x: number, radius: number, colour: string) => {
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    };
    for (const tick of time.timeline.value?.ticks ?? [])
      if (tick.event === "made")
        dot(at(tick.moment), 3, classes.value[tick.gesture.class_id]?.colour ?? BOARD_MUTED);
    dot(now, 4.6, BOARD_TEXT);
  }

  private drawTile(context: CanvasRenderingContext2D, tile: Tile): void {
    const { action } = tile;
    const info = action.kind === "class" ? this.state.classes.value[action.classId] : undefined;
    const lit = tile === this.lit;
    const on = this.actions.isOn(action);
    const able = this.actions.isAble(action);
    context.save();
    context.beginPath();
    context.roundRect(tile.x, tile.y, tile.width, tile.height, 5);
    context.fillStyle = info ? "#222b37" : BOARD_TILE;
    context.fill();
    context.clip();
    if (lit || on) {
      context.globalAlpha = lit ? 0.32 : 0.22;
      context.fillStyle = info?.colour ?? BOARD_ACCENT;
      context.fillRect(tile.x, tile.y, tile.width, tile.height);
      context.globalAlpha = 1;
    }
    if (info) {
      context.fillStyle = info.colour;
      context.fillRect(tile.x, tile.y + tile.height - 2.8, tile.width, 2.8);
      if (info.class_id >= 10) {
        context.strokeStyle = info.colour;
        context.lineWidth = 1.6;
        context.beginPath();
        context.arc(tile.x + 6.5, tile.y + 7, 2.6, 0, 2 * Math.PI);
        context.stroke();
      }
    }
    context.restore();
    if (lit || on) {
      context.strokeStyle = info?.colour ?? BOARD_ACCENT;
      context.lineWidth = 1.1;
      context.beginPath();
      context.roundRect(tile.x, tile.y, tile.width, tile.height, 5);
      context.stroke();
    }
    if (action.kind === "scrub") {
      this.drawScrub(context, tile);
      return;
    }
    context.globalAlpha = able ? 1 : 0.4;
    context.textAlign = "center";
    const middle = tile.x + tile.width / 2;
    context.fillStyle = BOARD_TEXT;
    if (info) {
      font(context, info.name.length > 3 ? 8.5 : 11, 700);
      context.fillText(fitted(context, info.name, tile.width - 5), middle, tile.y + 14);
      font(context, 7.5);
      context.fillStyle = BOARD_MUTED;
      const labelled = this.state.labelCounts.value[info.class_id] ?? 0;
      context.fillText(labelled ? count(labelled) : "–", middle, tile.y + 24);
    } else {
      const [first, second] = this.actions.words(action, this.page);
      fitFont(context, first, 8, tile.width - 6, 550);
      context.fillText(first, middle, tile.y + (second ? 13.5 : tile.height / 2 + 2.5));
      if (second) {
        fitFont(context, second, 7.5, tile.width - 6);
        context.fillStyle = BOARD_MUTED;
        context.fillText(second, middle, tile.y + 23.5);
      }
    }
    context.globalAlpha = 1;
  }

  override dispose(): void {
    super.dispose();
    this.head.dispose();
  }
}
