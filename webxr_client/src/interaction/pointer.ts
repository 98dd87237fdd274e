/** A pointing action without its device. Positions are CSS pixels of the canvas. */
export interface PointerSample {
  x: number;
  y: number;
  /** Whether it adds to the selection. */
  add: boolean;
  /** Whether it subtracts from the selection. */
  subtract: boolean;
  /** Place on the page. */
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
