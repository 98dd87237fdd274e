/** The item at the brush, shown large: its picture, its label, what the model thinks. */
import type { AppState } from "../../state/app-state.js";
import type { Atlas } from "../atlas.js";
import { BOARD_MUTED, BOARD_TEXT, Board, drawGround, fitted, font } from "./board.js";

const WIDTH = 80;
const HEIGHT = 100;
const PICTURE = 60;

export class ItemCard extends Board {
  private item = -1;

  constructor(
    private readonly state: AppState,
    private readonly atlas: { current: Atlas | null },
  ) {
    super(WIDTH / 1000, HEIGHT / 1000, 4600);
    this.mesh.visible = false;
    // It is looked at through whatever points float before it.
    this.mesh.material.depthTest = false;
    this.mesh.renderOrder = 6;
  }

  /** -1: no card. */
  show(item: number): void {
    this.mesh.visible = item >= 0;
    if (item === this.item) return;
    this.item = item;
    this.invalidate();
  }

  protected draw(context: CanvasRenderingContext2D): void {
    const { state, item } = this;
    drawGround(context, WIDTH, HEIGHT, 6);
    if (item < 0) return;
    const left = (WIDTH - PICTURE) / 2;
    context.fillStyle = "#000";
    context.fillRect(left, 7, PICTURE, PICTURE);
    const atlas = this.atlas.current;
    const place = atlas?.locate(item);
    const page = place && atlas?.pages[place.page];
    if (atlas && place && page) {
      const size = atlas.layout.picture;
      context.imageSmoothingEnabled = size > 64;
      context.drawImage(page, place.x, place.y, size, size, left, 7, PICTURE, PICTURE);
    }
    const classes = state.classes.peek();
    const label = classes[state.annotations.labels[item] ?? -1];
    const predicted = classes[state.annotations.predictions[item] ?? -1];
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    font(context, 9.5, 650);
    context.fillStyle = label?.colour ?? BOARD_TEXT;
    context.fillText(fitted(context, label ? label.name : "unlabelled", WIDTH - 20), left, 78.5);
    font(context, 8);
    context.fillStyle = BOARD_MUTED;
    const confidence = Math.round(((state.annotations.confidence[item] as number) / 255) * 100);
    const line = predicted ? `model: ${predicted.name}, ${confidence} %` : `item ${item}`;
    context.fillText(fitted(context, line, WIDTH - 16), left, 91);
  }
}
