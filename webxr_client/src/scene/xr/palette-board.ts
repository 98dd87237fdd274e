/** The palette on the other hand, drawn: what is selected and what the model thinks of it, the classes, what can be done. */
import { AlwaysDepth } from "three";
import type { AppState } from "../../state/app-state.js";
import { opinion } from "../../state/opinion.js";
import { BOARD_MUTED, BOARD_TEXT, Board, drawGround, fitted, font } from "./board.js";
import {
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  pagesOf,
  paletteTiles,
  type Tile,
  type TileAction,
  timeTiles,
} from "./palette-layout.js";

const ACCENT = "#7cc7ff";
const WARM = "#ff8a5c";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export class PaletteBoard extends Board {
  page = 0;
  /** Whether the side with time and force is shown. */
  timeShown = false;
  tiles: Tile[] = [];
  private lit: Tile | null = null;

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

  turnOver(): void {
    this.timeShown = !this.timeShown;
    this.relayout();
  }

  /** After classes were added. */
  relayout(): void {
    this.tiles = this.timeShown
      ? timeTiles(this.state.notices.peek().some((notice) => notice.mend))
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
    for (const tile of this.tiles) this.drawTile(context, tile);
  }

  private drawHead(context: CanvasRenderingContext2D): void {
    const { state } = this;
    const total = whole.format(state.latent.n);
    context.textBaseline = "alphabetic";
    context.textAlign = "right";
    font(context, 8);
    context.fillStyle = BOARD_MUTED;
    const share = `${whole.format(state.labelled.peek())} / ${total}`;
    context.fillText(share, PALETTE_WIDTH - 12, 17);
    const room = PALETTE_WIDTH - 30 - context.measureText(share).width;
    context.textAlign = "left";
    const { items } = state.selection.peek();
    const count = items.length;
    font(context, 9.5, 650);
    context.fillStyle = BOARD_TEXT;
    context.fillText(
      fitted(context, count > 0 ? `${whole.format(count)} selected` : "Nothing selected", room),
      12,
      16,
    );
    const [line, colour] = this.secondLine(items);
    font(context, 8);
    context.fillStyle = colour;
    context.fillText(fitted(context, line, PALETTE_WIDTH - 24), 12, 29);
  }

  /** What a person should know now: what went wrong, else what the model thinks, else what to do next. */
  private secondLine(items: Uint32Array): [string, string] {
    const { state } = this;
    const connection = state.connection.peek();
    if (connection.status !== "open" && state.training.peek()?.state !== "absent") {
      const waiting = connection.pending > 0 ? ` ${connection.pending} waiting, nothing is lost.` : "";
      return [`${connection.detail || "Reconnecting…"}${waiting}`, WARM];
    }
    const refusal = state.refusal.peek();
    if (refusal) return [refusal.message, WARM];
    const message = state.xr.message.peek();
    if (message) return [message, WARM];
    const notice = state.notices.peek()[0];
    if (notice) return [notice.message, WARM];
    const { time } = state;
    if (!time.live.peek())
      return [
        `The past: ${whole.format(time.moment.peek() + 1)} of ${whole.format(time.last.peek() + 1)}`,
        ACCENT,
      ];
    if (state.readOnly.peek()) return ["Read-only: look, turn, take hold.", BOARD_MUTED];
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
    context.fillStyle = info ? "#222b37" : "#1b2935";
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
      context.fillText(labelled ? whole.format(labelled) : "–", middle, tile.y + 24);
    } else {
      font(context, 8, 550);
      const [first, second] = this.words(action);
      context.fillText(first, middle, tile.y + (second ? 13.5 : tile.height / 2 + 2.5));
      if (second) {
        font(context, 7.5);
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
    const percent = `${Math.round(100 * state.xr.density.peek())} %`;
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
        return snaps ? ["denser", percent] : ["brush –", centimetres];
      case "larger":
        return snaps ? ["thinner", percent] : ["brush +", centimetres];
      case "swap":
        return ["swap", "hands"];
      case "time":
        return ["time &", "force"];
      case "back":
        return ["classes"];
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
        return ["let go", `${whole.format(state.pins.peek().length)} pinned`];
      default:
        return [action.kind];
    }
  }

  private stiffness(): string {
    return (this.state.training.peek()?.settings.stiffness ?? 0).toFixed(2);
  }

  private isOn(action: TileAction): boolean {
    const { xr, time, forces } = this.state;
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
        return !state.readOnly.peek();
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
