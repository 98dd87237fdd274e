/** The palette on the other hand, drawn: the classes, what can be done, and its head. */
import { computed } from "@preact/signals";
import { AlwaysDepth } from "three";
import { isSite } from "../../../net/site.js";
import type { AppState } from "../../../state/app-state.js";
import { count, percent } from "../../../state/format.js";
import { isCue } from "../../../state/review-state.js";
import { acceptedPredictions } from "../../../state/selection-summary.js";
import { outcomeOf } from "../../../state/sheet-text.js";
import {
  BOARD_ACCENT,
  BOARD_MUTED,
  BOARD_TEXT,
  BOARD_TILE,
  Board,
  drawGround,
  fitted,
  font,
} from "./board.js";
import { PaletteHead } from "./palette-head.js";
import {
  FIRST_ROW,
  MARGIN,
  PALETTE_DOTS,
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  type PaletteSide,
  pagesOf,
  paletteTiles,
  reviewTiles,
  type Tile,
  type TileAction,
  timeTiles,
} from "./palette-layout.js";

export class PaletteBoard extends Board {
  page = 0;
  side: PaletteSide = "classes";
  tiles: Tile[] = [];
  readonly head: PaletteHead;
  private lit: Tile | null = null;
  // Of signals that often have another value, what is shown.
  private readonly anySelected = computed(() => this.state.selection.value.items.length > 0);
  private readonly paused = computed(() => this.state.training.value?.state === "paused");
  private readonly preset = computed(() => this.state.training.value?.settings.preset ?? "");
  private readonly stiffness = computed(() =>
    (this.state.training.value?.settings.stiffness ?? 0).toFixed(2),
  );
  /** How many predictions of the selection would be accepted; counted only where it is shown. */
  private acceptable = 0;

  constructor(private readonly state: AppState) {
    super(PALETTE_WIDTH / 1000, PALETTE_HEIGHT / 1000, PALETTE_DOTS);
    // Points that float before it do not cover it; hands and brush, which are drawn later, are before or behind it as they are.
    this.mesh.material.depthFunc = AlwaysDepth;
    this.head = new PaletteHead(state);
    this.mesh.add(this.head.mesh);
  }

  /** The tile the hand is at. */
  light(tile: Tile | null): void {
    if (tile === this.lit) return;
    this.lit = tile;
    this.invalidate();
  }

  turnPage(): void {
    this.page = (this.page + 1) % pagesOf(this.state.liveClasses.peek().length);
    this.relayout();
  }

  turnTo(side: PaletteSide): void {
    this.side = side;
    this.relayout();
  }

  /** After classes were added. */
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

  /** A tile for each class that is there; the gaps that merged and deleted ones have left in the numbers are not shown. */
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
      const { selection, predictionsVersion, labelsVersion } = this.state;
      predictionsVersion.value;
      labelsVersion.value;
      const chosen = selection.value;
      this.acceptable =
        chosen.tool === "sheet" ? 0 : acceptedPredictions(this.state, chosen).items.length;
      this.drawQuality(context);
    }
    for (const tile of this.tiles) this.drawTile(context, tile);
  }

  /** How well it all stands, in three figures. */
  private drawQuality(context: CanvasRenderingContext2D): void {
    const quality = this.state.review.quality.value;
    const share = (value: number | null | undefined) =>
      typeof value === "number" ? percent(value, 1) : "–";
    const left = quality?.gestures_left;
    const figures = [
      [share(quality?.right), "right, estimated"],
      [share(quality?.label_error), "of labels wrong"],
      [
        typeof left === "number" ? count(left) : "–",
        `gestures to ${percent(quality?.target ?? 0.98)}`,
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

  /** The timeline: where one is, and a mark for each gesture in its class's colour. */
  private drawScrub(context: CanvasRenderingContext2D, tile: Tile): void {
    const { time, classes } = this.state;
    const last = Math.max(1, time.last.value);
    const left = tile.x + 8;
    const wide = tile.width - 16;
    const y = tile.y + tile.height / 2;
    const at = (moment: number) => left + (wide * Math.min(moment, last)) / last;
    const now = at(time.live.value ? last : time.moment.value);
    context.fillStyle = "#2b3644";
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
    const on = this.isOn(action);
    const able = this.isAble(action);
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
      font(context, 8, 550);
      const [first, second] = this.words(action);
      context.fillText(first, middle, tile.y + (second ? 13.5 : tile.height / 2 + 2.5));
      if (second) {
        font(context, 7.5);
        // A long word is written smaller.
        const wide = context.measureText(second).width;
        if (wide > tile.width - 6) font(context, (7.5 * (tile.width - 6)) / wide);
        context.fillStyle = BOARD_MUTED;
        context.fillText(second, middle, tile.y + 23.5);
      }
    }
    context.globalAlpha = 1;
  }

  private words(action: TileAction): [string, string?] {
    const { state } = this;
    const snaps = state.xr.tool.value === "cluster";
    const centimetres = `${(100 * state.xr.radius.value).toFixed(1)} cm`;
    const density = percent(state.xr.density.value);
    switch (action.kind) {
      case "class":
        return [""];
      case "more":
        return [
          "more",
          `${(this.page % pagesOf(state.liveClasses.value.length)) + 1} of ${pagesOf(state.liveClasses.value.length)}`,
        ];
      case "pause":
        return [this.paused.value ? "run" : "pause"];
      case "new":
        return ["+ class"];
      case "clear":
        return ["clear"];
      case "subtract":
        return ["take", "away"];
      case "cluster":
        return ["snap to", "cluster"];
      case "smaller":
        return snaps ? ["denser", density] : ["brush –", centimetres];
      case "larger":
        return snaps ? ["thinner", density] : ["brush +", centimetres];
      case "swap":
        return ["swap", "hands"];
      case "time":
        return ["time &", "force"];
      case "back":
        return ["classes"];
      case "suspects":
      case "uncertain": {
        const quality = state.review.quality.value;
        return [action.kind, quality ? count(quality[action.kind]) : "–"];
      }
      case "next":
        return ["next to", "look at"];
      case "grow":
        return ["grow", "same kind"];
      case "accept":
        return [
          `accept ${count(this.acceptable)}`,
          `from ${percent(state.review.acceptFrom.value)}`,
        ];
      case "bolder":
        return ["accept", "less sure"];
      case "surer":
        return ["accept", "more sure"];
      case "colour":
        return ["colour", state.colourBy.value];
      case "size":
        return ["size", state.review.sizeBy.value];
      case "before":
        return ["◀ step"];
      case "after":
        return ["step ▶"];
      case "play":
        return [state.time.playing.value ? "pause" : "play"];
      case "speed":
        return ["speed", `${state.time.speed.value}×`];
      case "softer":
        return ["softer", this.stiffness.value];
      case "stiffer":
        return ["stiffer", this.stiffness.value];
      case "preset":
        return ["preset", this.preset.value];
      case "arrows":
        return ["arrows", state.forces.shown.value];
      case "mend":
        return ["mend it"];
      case "trails":
        return ["trails", state.forces.trails.value ? `${state.forces.trails.value} steps` : "off"];
      case "unpin":
        return ["let go", `${count(state.pins.value.length)} pinned`];
      default:
        return [action.kind];
    }
  }

  override dispose(): void {
    super.dispose();
    this.head.dispose();
  }

  private isOn(action: TileAction): boolean {
    const { xr, time, forces, review } = this.state;
    if (action.kind === "class") {
      const sheet = review.sheet.value;
      const one = sheet?.status === "open" ? sheet.items[review.at.value] : undefined;
      return (
        one !== undefined &&
        outcomeOf(one, review.corrected.value, review.aside.value).becomes === action.classId
      );
    }
    if (action.kind === "suspects" || action.kind === "uncertain")
      return review.sheet.value?.kind === action.kind;
    if (action.kind === "colour") return isCue(this.state.colourBy.value);
    if (action.kind === "size") return isCue(review.sizeBy.value);
    if (action.kind === "live") return time.live.value;
    if (action.kind === "play") return time.playing.value;
    if (action.kind === "decode") return forces.map.value;
    if (action.kind === "arrows") return forces.shown.value !== "off";
    if (action.kind === "trails") return forces.trails.value > 0;
    if (action.kind === "subtract") return xr.subtract.value;
    if (action.kind === "cluster") return xr.tool.value === "cluster";
    return action.kind === "pause" && this.paused.value;
  }

  private isAble(action: TileAction): boolean {
    const { state } = this;
    const history = state.history.value;
    switch (action.kind) {
      case "undo":
        return history.can_undo;
      case "redo":
        return history.can_redo;
      case "clear":
        return this.anySelected.value;
      case "class":
      case "new":
      case "pause":
      case "softer":
      case "stiffer":
      case "preset":
      case "suspects":
      case "uncertain":
      case "next":
      case "grow":
        return !state.readOnly.value;
      case "accept":
        return this.acceptable > 0 && !state.readOnly.value;
      case "colour":
      case "size":
        return !isSite;
      case "unpin":
        return state.pins.value.length > 0 && !state.readOnly.value;
      case "before":
      case "play":
        return state.time.last.value > 0;
      case "after":
        return !state.time.live.value;
      case "decode":
      case "arrows":
        return state.model.value;
      default:
        return true;
    }
  }
}
