/** The palette on the other hand, drawn: what is selected and what the model thinks of it, the classes, what can be done. */
import { AlwaysDepth } from "three";
import { isSite } from "../../net/site.js";
import type { AppState } from "../../state/app-state.js";
import { count, percent } from "../../state/format.js";
import { opinion } from "../../state/opinion.js";
import { acceptable } from "../../state/review.js";
import { isCue } from "../../state/review-state.js";
import { SHEET_TITLES, standing } from "../../state/sheet-words.js";
import {
  BOARD_MUTED,
  BOARD_TEXT,
  BOARD_TILE,
  BOARD_WARM,
  Board,
  drawGround,
  fitted,
  font,
  wrapped,
} from "./board.js";
import {
  FIRST_ROW,
  MARGIN,
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

const ACCENT = "#7cc7ff";

export class PaletteBoard extends Board {
  page = 0;
  side: PaletteSide = "classes";
  tiles: Tile[] = [];
  private lit: Tile | null = null;
  /** How many predictions of the selection would be accepted; counted only where it is shown. */
  private acceptable = 0;

  constructor(private readonly state: AppState) {
    super(PALETTE_WIDTH / 1000, PALETTE_HEIGHT / 1000, 4600);
    // Points that float before it do not cover it; hands and brush, which are drawn later, are before or behind it as they are.
    this.mesh.material.depthFunc = AlwaysDepth;
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
        ? { ...tile, action: { ...tile.action, classId: live[tile.action.classId]?.class_id ?? -1 } }
        : tile,
    );
  }

  protected draw(context: CanvasRenderingContext2D): void {
    drawGround(context, PALETTE_WIDTH, PALETTE_HEIGHT, 11);
    this.drawHead(context);
    if (this.side === "review") {
      const chosen = this.state.selection.peek();
      this.acceptable = chosen.tool === "sheet" ? 0 : acceptable(this.state, chosen).items.length;
      this.drawQuality(context);
    }
    for (const tile of this.tiles) this.drawTile(context, tile);
  }

  private drawHead(context: CanvasRenderingContext2D): void {
    const { state } = this;
    const total = count(state.latent.n);
    context.textBaseline = "alphabetic";
    context.textAlign = "right";
    font(context, 8);
    context.fillStyle = BOARD_MUTED;
    const share = `${count(state.labelled.peek())} / ${total}`;
    context.fillText(share, PALETTE_WIDTH - 12, 17);
    const room = PALETTE_WIDTH - 30 - context.measureText(share).width;
    context.textAlign = "left";
    const { items } = state.selection.peek();
    const sheet = state.review.sheet.peek();
    const [line, colour] = this.secondLine(items);
    font(context, 8);
    const wide = PALETTE_WIDTH - 24;
    const long = context.measureText(line).width > wide;
    font(context, 9.5, 650);
    context.fillStyle = BOARD_TEXT;
    const title = sheet
      ? `${SHEET_TITLES[sheet.kind]}: ${count(sheet.total)}`
      : items.length > 0
        ? `${count(items.length)} selected`
        : "Nothing selected";
    context.fillText(fitted(context, title, room), 12, long ? 14 : 16);
    context.fillStyle = colour;
    font(context, long ? 7.4 : 8);
    if (long)
      wrapped(context, line, wide, 2).forEach((part, k) => {
        context.fillText(part, 12, 24 + 9 * k);
      });
    else context.fillText(line, 12, 29);
  }

  /** What a person should know now: what went wrong, else what the model thinks, else what to do next. */
  private secondLine(items: Uint32Array): [string, string] {
    const { state } = this;
    const connection = state.connection.peek();
    if (connection.status !== "open" && state.training.peek()?.state !== "absent") {
      const waiting = connection.pending > 0 ? ` ${connection.pending} waiting, nothing is lost.` : "";
      return [`${connection.detail || "Reconnecting…"}${waiting}`, BOARD_WARM];
    }
    const refusal = state.refusal.peek();
    if (refusal) return [refusal.message, BOARD_WARM];
    const message = state.xr.message.peek();
    if (message) return [message, BOARD_WARM];
    const notice = state.notices.peek()[0];
    if (notice) return [notice.message, BOARD_WARM];
    const { time } = state;
    if (!time.live.peek())
      return [`The past: ${count(time.moment.peek() + 1)} of ${count(time.last.peek() + 1)}`, ACCENT];
    if (state.readOnly.peek()) return ["Read-only: look, turn, take hold.", BOARD_MUTED];
    if (state.review.sheet.peek()) return this.ofSheet();
    const { reason } = state.selection.peek();
    if (reason) return [reason, ACCENT];
    if (items.length === 0) return [this.howToSelect(), BOARD_MUTED];
    const classes = state.classes.peek();
    const view = opinion(items, state.annotations.predictions, classes.length);
    const guess = classes[view.classId];
    if (!guess) return ["Touch a class, or grab the cluster and drop it on one.", BOARD_MUTED];
    return [
      `${Math.round(100 * view.share)} % predicted ${guess.name}${view.clear ? "" : ": mixed"}`,
      guess.colour,
    ];
  }

  /** What is to be done with the contact sheet, or what is known of its picked picture. */
  private ofSheet(): [string, string] {
    const { review, classes } = this.state;
    const sheet = review.sheet.peek();
    if (!sheet || sheet.status === "busy") return ["One moment…", BOARD_MUTED];
    const one = sheet.status === "open" ? sheet.items[review.at.peek()] : undefined;
    if (!one)
      return [
        sheet.status === "done"
          ? "Nothing is left on it."
          : "Pick what is wrong, then its class; then all right.",
        BOARD_MUTED,
      ];
    const name = (classId: number) => classes.peek()[classId]?.name ?? "none";
    const { becomes, how } = standing(one, review.corrected.peek(), review.aside.peek());
    const words = [
      one.class_id >= 0 ? `labelled ${name(one.class_id)}` : "no label",
      one.prediction >= 0 ? `predicted ${name(one.prediction)}, ${percent(one.confidence)}` : "not predicted",
      how === "aside" ? "stays as it is" : `becomes ${name(becomes)}`,
    ];
    return [words.join("; "), classes.peek()[becomes]?.colour ?? BOARD_TEXT];
  }

  /** How well it all stands, in three figures. */
  private drawQuality(context: CanvasRenderingContext2D): void {
    const quality = this.state.review.quality.peek();
    const share = (value: number | null | undefined) => (typeof value === "number" ? percent(value, 1) : "–");
    const left = quality?.gestures_left;
    const figures = [
      [share(quality?.right), "right, estimated"],
      [share(quality?.label_error), "of labels wrong"],
      [typeof left === "number" ? count(left) : "–", `gestures to ${percent(quality?.target ?? 0.98)}`],
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

  private howToSelect(): string {
    const { xr } = this.state;
    const bare = xr.bare.peek();
    if (xr.tool.peek() === "cluster")
      return bare
        ? "Pinch in a cluster: all of it is taken; thinner widens it."
        : "Hold the trigger in a cluster; the stick widens it.";
    return `${bare ? "Pinch" : "Hold the trigger"} and move the brush over a cluster.`;
  }

  /** The timeline: where one is, and a mark for each gesture in its class's colour. */
  private drawScrub(context: CanvasRenderingContext2D, tile: Tile): void {
    const { time, classes } = this.state;
    const last = Math.max(1, time.last.peek());
    const left = tile.x + 8;
    const wide = tile.width - 16;
    const y = tile.y + tile.height / 2;
    const at = (moment: number) => left + (wide * Math.min(moment, last)) / last;
    const now = at(time.live.peek() ? last : time.moment.peek());
    context.fillStyle = "#2b3644";
    context.fillRect(left, y - 1, wide, 2);
    context.fillStyle = ACCENT;
    context.fillRect(left, y - 1, now - left, 2);
    const dot = (x: number, radius: number, colour: string) => {
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    };
    for (const tick of time.timeline.peek()?.ticks ?? [])
      if (tick.event === "made")
        dot(at(tick.moment), 3, classes.peek()[tick.gesture.class_id]?.colour ?? BOARD_MUTED);
    dot(now, 4.6, BOARD_TEXT);
  }

  private drawTile(context: CanvasRenderingContext2D, tile: Tile): void {
    const { action } = tile;
    const info = action.kind === "class" ? this.state.classes.peek()[action.classId] : undefined;
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
      context.fillStyle = info?.colour ?? ACCENT;
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
      context.strokeStyle = info?.colour ?? ACCENT;
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
      const labelled = this.state.labelCounts.peek()[info.class_id] ?? 0;
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
    const snaps = state.xr.tool.peek() === "cluster";
    const centimetres = `${(100 * state.xr.radius.peek()).toFixed(1)} cm`;
    const density = percent(state.xr.density.peek());
    switch (action.kind) {
      case "class":
        return [""];
      case "more":
        return [
          "more",
          `${(this.page % pagesOf(state.liveClasses.peek().length)) + 1} of ${pagesOf(state.liveClasses.peek().length)}`,
        ];
      case "pause":
        return [state.training.peek()?.state === "paused" ? "run" : "pause"];
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
        const quality = state.review.quality.peek();
        return [action.kind, quality ? count(quality[action.kind]) : "–"];
      }
      case "next":
        return ["next to", "look at"];
      case "grow":
        return ["grow", "same kind"];
      case "accept":
        return [`accept ${count(this.acceptable)}`, `from ${percent(state.review.acceptFrom.peek())}`];
      case "bolder":
        return ["accept", "less sure"];
      case "surer":
        return ["accept", "more sure"];
      case "colour":
        return ["colour", state.colourBy.peek()];
      case "size":
        return ["size", state.review.sizeBy.peek()];
      case "before":
        return ["◀ step"];
      case "after":
        return ["step ▶"];
      case "play":
        return [state.time.playing.peek() ? "pause" : "play"];
      case "speed":
        return ["speed", `${state.time.speed.peek()}×`];
      case "softer":
        return ["softer", this.stiffness()];
      case "stiffer":
        return ["stiffer", this.stiffness()];
      case "preset":
        return ["preset", state.training.peek()?.settings.preset ?? ""];
      case "arrows":
        return ["arrows", state.forces.shown.peek()];
      case "mend":
        return ["mend it"];
      case "trails":
        return ["trails", state.forces.trails.peek() ? `${state.forces.trails.peek()} steps` : "off"];
      case "unpin":
        return ["let go", `${count(state.pins.peek().length)} pinned`];
      default:
        return [action.kind];
    }
  }

  private stiffness(): string {
    return (this.state.training.peek()?.settings.stiffness ?? 0).toFixed(2);
  }

  private isOn(action: TileAction): boolean {
    const { xr, time, forces, review } = this.state;
    if (action.kind === "class") {
      const sheet = review.sheet.peek();
      const one = sheet?.status === "open" ? sheet.items[review.at.peek()] : undefined;
      return (
        one !== undefined &&
        standing(one, review.corrected.peek(), review.aside.peek()).becomes === action.classId
      );
    }
    if (action.kind === "suspects" || action.kind === "uncertain")
      return review.sheet.peek()?.kind === action.kind;
    if (action.kind === "colour") return isCue(this.state.colourBy.peek());
    if (action.kind === "size") return isCue(review.sizeBy.peek());
    if (action.kind === "live") return time.live.peek();
    if (action.kind === "play") return time.playing.peek();
    if (action.kind === "decode") return forces.map.peek();
    if (action.kind === "arrows") return forces.shown.peek() !== "off";
    if (action.kind === "trails") return forces.trails.peek() > 0;
    if (action.kind === "subtract") return xr.subtract.peek();
    if (action.kind === "cluster") return xr.tool.peek() === "cluster";
    return action.kind === "pause" && this.state.training.peek()?.state === "paused";
  }

  private isAble(action: TileAction): boolean {
    const { state } = this;
    const history = state.history.peek();
    switch (action.kind) {
      case "undo":
        return history.can_undo;
      case "redo":
        return history.can_redo;
      case "clear":
        return state.selection.peek().items.length > 0;
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
        return !state.readOnly.peek();
      case "accept":
        return this.acceptable > 0 && !state.readOnly.peek();
      case "colour":
      case "size":
        return !isSite;
      case "unpin":
        return state.pins.peek().length > 0 && !state.readOnly.peek();
      case "before":
      case "play":
        return state.time.last.peek() > 0;
      case "after":
        return !state.time.live.peek();
      case "decode":
      case "arrows":
        return state.model.peek();
      default:
        return true;
    }
  }
}
