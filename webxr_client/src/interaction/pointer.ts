/**
 * A pointing action without its device: the mouse today, a controller's ray tomorrow. Positions are CSS pixels of the canvas.
 */
export interface PointerSample {
  x: number;
  y: number;
  /** Add to what is selected. */
  add: boolean;
  /** Take away from what is selected. */
  subtract: boolean;
  /** Where on the page. */
  clientX?: number;
  clientY?: number;
}

export interface PointerTool {
  /** The main button went down. Returns whether the tool takes the action. */
  down(sample: PointerSample): boolean;
  move(sample: PointerSample): void;
  up(sample: PointerSample): void;
  cancel(): void;
}
