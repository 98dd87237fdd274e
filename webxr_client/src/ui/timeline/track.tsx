/**
 * The timeline: one tick per gesture, in the colour of its class, and a slider over all recorded
 * moments.
 */
import { useEffect } from "preact/hooks";
import type { Tick } from "../../protocol/messages.js";
import { gestureText } from "../../state/undo-choice.js";
import { useUi } from "../kit/context.js";

const REFRESH_MS = 2500;
const NO_CLASS = "#97a2b1";

export function Track() {
  const { state, commands } = useUi();
  const { time } = state;
  const timeline = time.timeline.value;
  const moving = state.training.value?.state === "running";
  const gestures = state.history.value.gestures;
  useEffect(() => {
    commands.refreshTimeline();
    if (!moving) return;
    const timer = window.setInterval(
      () => time.live.peek() && commands.refreshTimeline(),
      REFRESH_MS,
    );
    return () => window.clearInterval(timer);
  }, [moving, gestures, commands, time]);
  const last = time.last.value;
  if (!timeline || last === 0)
    return <p class="track-empty muted">Training is recorded. The timeline appears here.</p>;
  const undone = new Map(gestures.map((gesture) => [gesture.gesture, gesture.undone]));
  const ticks = timeline.ticks.filter((tick) => tick.event === "made");
  const now = time.live.value ? last : time.moment.value;
  const newest = state.training.value?.state === "absent" ? "end" : "live";
  return (
    <div class="track-line">
      <svg class="ticks" aria-hidden="true">
        <rect class="rail" x="0" y="7" width="100%" height="2" />
        <rect class="done" x="0" y="7" width={`${(100 * now) / last}%`} height="2" />
        {ticks.map((tick) => (
          <TickMark
            key={tick.gesture.gesture}
            tick={tick}
            at={(100 * tick.moment) / last}
            undone={undone.get(tick.gesture.gesture)}
          />
        ))}
      </svg>
      <input
        type="range"
        class="scrub"
        aria-label="Moment of the recording"
        aria-valuetext={time.live.value ? newest : `moment ${now + 1} of ${last + 1}`}
        min={0}
        max={last}
        step={1}
        value={now}
        onInput={(event) => commands.goTo(Number(event.currentTarget.value))}
      />
    </div>
  );
}

function TickMark({ tick, at, undone }: { tick: Tick; at: number; undone: boolean | undefined }) {
  const { state, commands } = useUi();
  const classes = state.classes.value;
  const colour = classes[tick.gesture.class_id]?.colour ?? NO_CLASS;
  const go = () => commands.goTo(tick.moment);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys [ and ] do the same
    <g class={undone ? "tick undone" : "tick"} onClick={go}>
      <title>
        {gestureText(tick.gesture, classes)}
        {undone ? ", undone" : ""}
      </title>
      <circle class="reach" cx={`${at}%`} cy="8" r="9" />
      {tick.gesture.kind === "label" ? (
        <circle cx={`${at}%`} cy="8" r="4.5" fill={colour} />
      ) : (
        <rect class="other" x={`${at}%`} y="3" width="3" height="10" rx="1" />
      )}
    </g>
  );
}
