/**
 * Messages between a baked site in a frame and the page around it. docs/scenes.md describes them.
 * The page around the site can only control the playback, and learns only which moment (recorded
 * frame) is shown.
 */
import { SPEEDS } from "./time-state.js";

/** A message from the page around the site. */
export type SiteCommand =
  | { lodespace: "play"; speed?: number }
  | { lodespace: "pause" }
  | { lodespace: "seek"; time?: number; progress?: number }
  | { lodespace: "ask" };

/** A message to the page around the site. */
export type SiteReport =
  | {
      /** The site can be played. Sent when the scene is loaded, and in answer to `ask`. */
      lodespace: "ready";
      /** Length of the recording in seconds at speed 1; 0 without a recording. */
      duration: number;
      /** Number of recorded moments. */
      moments: number;
    }
  | {
      /** Another moment is shown, or playback has started or stopped. */
      lodespace: "time";
      time: number;
      progress: number;
      playing: boolean;
    };

/** The command in the data of a message; null if the data are not a command. */
export function readCommand(data: unknown): SiteCommand | null {
  if (typeof data !== "object" || data === null) return null;
  const given = data as Record<string, unknown>;
  switch (given.lodespace) {
    case "play":
      return { lodespace: "play", speed: SPEEDS.find((speed) => speed === given.speed) };
    case "seek": {
      const time = within(given.time, 1e6);
      const progress = within(given.progress, 1);
      return time === undefined && progress === undefined
        ? null
        : { lodespace: "seek", time, progress };
    }
    case "pause":
    case "ask":
      return { lodespace: given.lodespace };
    default:
      return null;
  }
}

/** The number `value`, limited to 0..most; undefined if it is not a number. */
const within = (value: unknown, most: number): number | undefined =>
  typeof value === "number" && Number.isFinite(value)
    ? Math.min(most, Math.max(0, value))
    : undefined;
