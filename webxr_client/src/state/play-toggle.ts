/** Action of the play button and its key: training in the live view, playback otherwise. */
import type { AppState } from "./app-state.js";
import type { Commands } from "./commands.js";

export interface PlayToggle {
  /** Whether nothing runs now, so that the button starts something. */
  stands: boolean;
  /** Text of the button. */
  text: string;
  run(): void;
}

export function playToggle({ time, training }: AppState, commands: Commands): PlayToggle {
  const live = time.live.value;
  const trains = training.value?.state;
  if (live && trains !== "absent") {
    const stands = trains === "paused";
    return {
      stands,
      text: stands ? "Run training" : "Pause training",
      run: stands ? commands.run : commands.pause,
    };
  }
  const stands = live || !time.playing.value;
  return {
    stands,
    text: stands ? "Play the recording" : "Pause the recording",
    run: stands ? commands.play : commands.stop,
  };
}
