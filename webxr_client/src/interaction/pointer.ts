/** One sample of a pointing action, for any device. Positions are CSS pixels of the canvas. */
export interface PointerSample {
  x: number;
  y: number;
  /** Whether a key makes the action add to the selection. */
  add: boolean;
  /** Whether a key makes the action subtract from the selection. */
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
