/** Playback of the recording in a small window: play, timeline, time and speed. */
import { RATE } from "../../state/time-state.js";
import { useUi } from "../kit/context.js";
import { PauseIcon, PlayIcon } from "../kit/icons.js";
import { withKey } from "../kit/key-hint.js";
import { SpeedButton } from "./speed-button.js";
import { Track } from "./track.js";

export function Player() {
  const { state, commands } = useUi();
  const { time } = state;
  const playing = time.playing.value;
  const live = time.live.value;
  const learns = state.training.value?.state !== "absent";
  const seconds = (live ? time.last.value : time.moment.value) / RATE;
  return (
    <div class="player">
      <button
        type="button"
        class="play"
        disabled={time.last.value === 0}
        title={withKey(playing ? "Pause" : "Play the recording", state.keys.text("play"))}
        aria-label={playing ? "Pause" : "Play"}
        onClick={playing ? commands.stop : commands.play}
      >
        {playing ? <PauseIcon /> : <PlayIcon />}
      </button>
      <Track />
      <span class="muted player-time">{learns && live ? "live" : `${seconds.toFixed(1)} s`}</span>
      {learns && !live ? (
        <button type="button" class="button speed" title="Back to live" onClick={commands.live}>
          live
        </button>
      ) : (
        <SpeedButton />
      )}
    </div>
  );
}
