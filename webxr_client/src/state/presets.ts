/** Groups of the training presets. */
import type { Settings } from "../protocol/messages.js";

export type Preset = NonNullable<Settings["preset"]>;

/** Whether a preset minimises equation 1 of the paper alone, and shows the encoder's means. */
export const isEquation1 = (preset: Settings["preset"]): boolean =>
  preset === "paper" || preset === "figure2";
