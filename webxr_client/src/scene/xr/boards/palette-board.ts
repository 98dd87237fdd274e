/** The palette at the hand that does not paint: classes, actions, and a line of text above them. */
import { signal } from "@preact/signals";
import { AlwaysDepth } from "three";
import type { ClassInfo } from "../../../protocol/messages.js";
import type { AppState } from "../../../state/app-state.js";
import { count } from "../../../state/format.js";
import { markOf } from "../../../state/marks.js";
import { openCalls } from "../../../state/peer-calls.js";
import { peerColour } from "../../../state/people-state.js";
import {
  BOARD_ACCENT,
  BOARD_LEADING,
  BOARD_MUTED,
  BOARD_RAIL,
  BOARD_TEXT,
  BOARD_TILE,
  Board,
  drawGround,
  fitFont,
} from "./board.js";
import { PaletteActions } from "./palette-actions.js";
import { PaletteHead } from "./palette-head.js";
import {
  forceTiles,
  menuTiles,
  nameTiles,
  PALETTE_HEIGHT,
  PALETTE_WIDTH,
  type PaletteSide,
  pagesOf,
  paletteTiles,
  peoplePagesOf,
  peopleTiles,
  reviewTiles,
  TIMELINE_MARGIN,
  type Tile,
  type TileAction,
  timeTiles,
  wordPagesOf,
} from "./palette-layout.js";
import { TileFrame } from "./tile-frame.js";

/** Sizes of text, millimetres. At 0.45 m, 9.5 mm are 21 dmm (LEAST_DMM defines this unit). */
const NAME = 11.5;
const WORD = 10.5;
const SMALL = 9.5;
const CLASS_TILE = "#222b37";
/** Tiles in the accent colour, because they are the step that the page suggests. */
const LEADING: ReadonlySet<TileAction["kind"]> = new Set(["next", "accept"]);

export class PaletteBoard extends Board {
  /** Page of the class tiles, from 0. */
  page = 0;
  /** Page of the words for class names, from 0. */
  wordPage = 0;
  /** Page of the other people, from 0. */
  private peoplePage = 0;
  tiles: Tile[] = [];
  readonly head: PaletteHead;
  private readonly shownSide = signal<PaletteSide>("classes");
  private readonly lit = new TileFrame(PALETTE_WIDTH, PALETTE_HEIGHT, 1.4, BOARD_ACCENT);
  private readonly actions: PaletteActions;

  constructor(private readonly state: AppState) {
    super(PALETTE_WIDTH / 1000, PALETTE_HEIGHT / 1000);
    // Points in front of the palette do not cover it. Hands and brush are drawn later, and cover
    // the palette where they are nearer.
    this.mesh.material.depthFunc = AlwaysDepth;
    this.actions = new PaletteActions(state);
    this.head = new PaletteHead(state, this.shownSide);
    this.mesh.add(this.head.mesh, this.lit.mesh);
  }

  get side(): PaletteSide {
    return this.shownSide.peek();
  }

  /** Set the opacity of the palette. */
  fade(opacity: number): void {
    this.mesh.material.opacity = opacity;
    this.head.mesh.material.opacity = opacity;
  }

  /** Highlight the tile that a hand touches or points at; null removes the highlight. */
  light(tile: Tile | null): void {
    this.lit.show(tile);
  }

  /** Show the next page of class tiles, of words for class names, or of people. */
  turnPage(): void {
    const { liveClasses, xr, persons } = this.state;
    if (this.side === "people")
      this.peoplePage = (this.peoplePage + 1) % peoplePagesOf(persons.peek().length);
    else if (this.side === "names")
      this.wordPage = (this.wordPage + 1) % wordPagesOf(xr.naming.words.peek().length);
    else this.page = (this.page + 1) % pagesOf(liveClasses.peek().length);
    this.relayout();
  }

  turnTo(side: PaletteSide): void {
    if (side !== "names") this.wordPage = 0;
    this.shownSide.value = side;
    this.relayout();
  }

  /** Lay the tiles out again after a change of classes, notices, words or people. */
  relayout(): void {
    this.tiles = this.tilesOf(this.side);
    this.lit.show(null);
    this.invalidate();
  }

  private tilesOf(side: PaletteSide): Tile[] {
    const { notices, xr, persons, conflicting } = this.state;
    const { words, ways } = xr.naming;
    switch (side) {
      case "classes":
        return this.classTiles();
      case "menu":
        return menuTiles(persons.peek().length > 0);
      case "people":
        return peopleTiles(persons.peek(), this.peoplePage, openCalls(this.state).length > 0);
      case "review":
        return reviewTiles(conflicting.peek());
      case "time":
        return timeTiles();
      case "force":
        return forceTiles(notices.peek().some((notice) => notice.mend));
      case "names":
        return nameTiles(words.peek().length, this.wordPage, ways.peek());
    }
  }

  /** Return one tile per class that is not merged or deleted, without gaps between the tiles. */
  private classTiles(): Tile[] {
    const live = this.state.liveClasses.peek();
    const picking = this.state.xr.naming.target.peek() === "pick";
    const offered = this.state.rules.offered.peek();
    return paletteTiles(live.length, this.page, picking, offered).map((tile) =>
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
    if (this.side === "review") this.actions.countAcceptable();
    for (const tile of this.tiles) this.drawTile(context, tile);
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
    const on = this.actions.isOn(action);
    const leads = LEADING.has(action.kind) && this.actions.isAble(action);
    context.save();
    context.beginPath();
    context.roundRect(tile.x, tile.y, tile.width, tile.height, 6);
    context.fillStyle = info ? CLASS_TILE : leads ? BOARD_LEADING : BOARD_TILE;
    context.fill();
    context.clip();
    if (on) {
      context.globalAlpha = 0.26;
      context.fillStyle = info?.colour ?? BOARD_ACCENT;
      context.fillRect(tile.x, tile.y, tile.width, tile.height);
      context.globalAlpha = 1;
    }
    if (info) this.drawColour(context, tile, info);
    else if (action.kind === "person") this.drawPerson(context, tile, action.clientId);
    context.restore();
    if (on) {
      context.strokeStyle = info?.colour ?? BOARD_ACCENT;
      context.lineWidth = 1.1;
      context.beginPath();
      context.roundRect(tile.x, tile.y, tile.width, tile.height, 6);
      context.stroke();
    }
    if (action.kind === "scrub") this.drawScrub(context, tile);
    else this.drawWords(context, tile, info);
  }

  /** Draw the colour of a class; from the eleventh class on, with the mark of its points. */
  private drawColour(context: CanvasRenderingContext2D, tile: Tile, info: ClassInfo): void {
    context.fillStyle = info.colour;
    context.fillRect(tile.x, tile.y + tile.height - 3.2, tile.width, 3.2);
    const mark = markOf(info.class_id);
    if (mark === 0) return;
    const [x, y] = [tile.x + 5.5, tile.y + 5.5];
    context.strokeStyle = info.colour;
    context.lineWidth = mark === 1 ? 1.6 : 0.9;
    context.beginPath();
    context.arc(x, y, 2.4, 0, 2 * Math.PI);
    context.stroke();
    context.beginPath();
    if (mark === 2) context.arc(x, y, 1, 0, 2 * Math.PI);
    if (mark === 3) context.rect(x - 1.6, y - 0.4, 3.2, 0.8);
    context.fill();
  }

  /** Draw the colour of another person. */
  private drawPerson(context: CanvasRenderingContext2D, tile: Tile, clientId: string): void {
    const person = this.state.persons.value.find(({ client_id }) => client_id === clientId);
    context.fillStyle = peerColour(person?.colour);
    context.fillRect(tile.x, tile.y + tile.height - 3.2, tile.width, 3.2);
  }

  private drawWords(context: CanvasRenderingContext2D, tile: Tile, info?: ClassInfo): void {
    const middle = tile.x + tile.width / 2;
    const wide = tile.width - 5;
    context.globalAlpha = this.actions.isAble(tile.action) ? 1 : 0.4;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillStyle = BOARD_TEXT;
    const [first, second] = info
      ? [info.name, this.labelled(info.class_id)]
      : this.actions.words(tile.action, this.page);
    const text = fitFont(context, first, info ? NAME : WORD, SMALL, wide, info ? 700 : 600);
    context.fillText(text, middle, tile.y + (second ? 13.5 : tile.height / 2 + 3.6));
    if (second) {
      context.fillStyle = BOARD_MUTED;
      context.fillText(fitFont(context, second, SMALL, SMALL, wide), middle, tile.y + 25);
    }
    context.globalAlpha = 1;
  }

  private labelled(classId: number): string {
    const labelled = this.state.labelCounts.value[classId] ?? 0;
    return labelled ? count(labelled) : "–";
  }

  override dispose(): void {
    super.dispose();
    this.head.dispose();
    this.lit.dispose();
  }
}
