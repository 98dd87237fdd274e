/**
 * A flat panel in the room, drawn as a picture. `drawIfStale` draws the picture again only after a
 * change of a signal that `draw` has read, or after a call of `invalidate`. Drawing
 * the picture and sending it to the GPU costs as much as everything else in a frame.
 */
import { effect } from "@preact/signals";
import {
  CanvasTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  SRGBColorSpace,
} from "three";

/**
 * Picture pixels per metre of a board. A headset with 20 pixels per degree, such as Quest 2, shows
 * 1150 pixels per radian. At 0.45 m, where people read the boards, these are 2,550 pixels per
 * metre.
 */
export const BOARD_DOTS = 2600;
/**
 * Least size of text, in dmm: millimetres at a distance of one metre. Google's design rule for
 * headsets asks for 20 to 24. At this size, a small letter is 6 to 7 pixels high on a Quest 2.
 */
export const LEAST_DMM = 20;
export const BOARD_FONT = 'Inter, system-ui, "DejaVu Sans", sans-serif';
export const BOARD_GROUND = "rgba(17, 22, 30, 0.94)";
const BOARD_LINE = "rgba(255, 255, 255, 0.14)";
export const BOARD_TEXT = "#e9edf3";
export const BOARD_MUTED = "#a3adbb";
export const BOARD_TILE = "#1b2935";
/**
 * Background colour of the tile for the next step. This is the suggested action, or the tile that
 * confirms a sheet.
 */
export const BOARD_LEADING = "#1f4a6b";
/** Background colour of a bar or a slider. */
export const BOARD_RAIL = "#2b3644";
export const BOARD_WARM = "#ff8a5c";
export const BOARD_ACCENT = "#7cc7ff";

export abstract class Board {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  protected readonly context: CanvasRenderingContext2D;
  readonly texture: CanvasTexture;
  /** Time of the last drawing, ms; written by DrawSchedule. */
  drawnAt = Number.NEGATIVE_INFINITY;
  private stale = true;
  private unwatch = () => {};

  /** `width`, `height`: metres. `dots`: picture pixels per metre. */
  constructor(
    readonly width: number,
    readonly height: number,
    protected readonly dots = BOARD_DOTS,
  ) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * dots);
    canvas.height = Math.round(height * dots);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("the browser does not provide a 2D canvas");
    this.context = context;
    this.texture = new CanvasTexture(canvas);
    this.texture.version = 0; // nothing to upload until the first drawing
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = LinearMipmapLinearFilter;
    this.texture.magFilter = LinearFilter;
    this.texture.anisotropy = 4;
    const material = new MeshBasicMaterial({
      map: this.texture,
      transparent: true,
      toneMapped: false,
      alphaTest: 0.02, // the transparent corners must not hide points
    });
    this.mesh = new Mesh(new PlaneGeometry(width, height), material);
    this.mesh.renderOrder = 4;
    this.mesh.frustumCulled = false;
  }

  /** Mark the board as stale, after a change that no signal reports. */
  invalidate(): void {
    this.stale = true;
  }

  /** Draw the board if it is stale. Returns whether the board was drawn. */
  drawIfStale(): boolean {
    if (!this.stale) return false;
    this.stale = false;
    const { context, dots } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.scale(dots / 1000, dots / 1000);
    this.drawAndWatch(context);
    this.texture.needsUpdate = true;
    return true;
  }

  private drawAndWatch(context: CanvasRenderingContext2D): void {
    this.unwatch();
    let drawn = false;
    this.unwatch = effect(() => {
      if (drawn) this.stale = true;
      else this.draw(context);
      drawn = true;
    });
  }

  /**
   * Draw the board, in millimetres from its top left. A change of a signal that this method reads
   * by `value` makes the board stale.
   */
  protected abstract draw(context: CanvasRenderingContext2D): void;

  dispose(): void {
    this.unwatch();
    this.texture.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}

/** Draw the background of a board with a thin border and round corners, lengths in millimetres. */
export function drawGround(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  corner: number,
): void {
  context.fillStyle = BOARD_GROUND;
  context.strokeStyle = BOARD_LINE;
  context.lineWidth = 0.5;
  context.beginPath();
  context.roundRect(0.5, 0.5, width - 1, height - 1, corner);
  context.fill();
  context.stroke();
}

/** Return `text`; if it is wider than `width` (millimetres), cut it and add an ellipsis. */
export function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let cut = text.length - 1;
  while (cut > 1 && context.measureText(`${text.slice(0, cut)}…`).width > width) cut--;
  return `${text.slice(0, cut)}…`;
}

/**
 * Break `text` into at most `most` lines of at most `width` millimetres. A last line that is too
 * long is cut with an ellipsis.
 */
export function wrapped(
  context: CanvasRenderingContext2D,
  text: string,
  width: number,
  most: number,
): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && lines.length + 1 < most && context.measureText(longer).width > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, fitted(context, line, width)];
}

/** Set the font of the text that is drawn next. */
export function font(context: CanvasRenderingContext2D, millimetres: number, weight = 450): void {
  context.font = `${weight} ${millimetres}px ${BOARD_FONT}`;
}

/**
 * Set the font of a line of text. If the line would be wider than `width`, the size is reduced, but
 * not below `least`. Returns the text. If the text is too wide even in the size `least`, it is cut
 * with an ellipsis.
 */
export function fitFont(
  context: CanvasRenderingContext2D,
  text: string,
  millimetres: number,
  least: number,
  width: number,
  weight?: number,
): string {
  font(context, millimetres, weight);
  const wide = context.measureText(text).width;
  if (wide <= width) return text;
  font(context, Math.max(least, (millimetres * width) / wide), weight);
  return fitted(context, text, width);
}
