/** Button that shows the playback speed. A press sets the next speed in SPEEDS. */
import { SPEEDS } from "../../state/time-state.js";
import { useUi } from "../kit/context.js";

export function SpeedButton() {
  const { speed } = useUi().state.time;
  return (
    <button
      type="button"
      class="button speed"
      title="Playback speed"
      aria-label={`Playback speed ${speed.value}. Press to change the speed.`}
      onClick={() => {
        speed.value = SPEEDS[(SPEEDS.indexOf(speed.value as 1) + 1) % SPEEDS.length]!;
      }}
    >
      {speed.value}×
    </button>
  );
}
