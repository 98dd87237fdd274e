/** One sample of a pointing action, for any device. Positions are CSS pixels of the canvas. */
export interface PointerSample {
  x: number;
  y: number;
  /** Whether the action adds to the selection. */
  add: boolean;
  /** Whether the action subtracts from the selection. */
  subtract: boolean;
  /** Position in the browser window, CSS pixels. */
  clientX?: number;
  clientY?: number;
}

export interface PointerTool {
  /** Begin an action: the main button went down. Returns whether the tool handles the action. */
  down(sample: PointerSample): boolean;
  move(sample: PointerSample): void;
  up(sample: PointerSample): void;
  cancel(): void;
}
