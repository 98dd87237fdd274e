import { useEffect, useRef } from "preact/hooks";
import type { Gesture, Training } from "../protocol/messages.js";
import { Charts } from "./charts.js";
import { useUi } from "./context.js";
import { count, items } from "./format.js";
import { PauseIcon, PlayIcon } from "./icons.js";
import { StateLine } from "./state-line.js";
import { Swatch } from "./swatch.js";

export function BottomBar() {
  const { state } = useUi();
  const training = state.training.value;
  if (!training) return null;
  if (training.state === "absent") return <Baked training={training} />;
  return (
    <footer class="glass bottom-bar">
      <Transport training={training} />
      <div class="middle">
        <Charts />
        <Gestures gestures={state.history.value.gestures} />
      </div>
      <Status training={training} />
    </footer>
  );
}

function Transport({ training }: { training: Training }) {
  const { state, commands } = useUi();
  const connected = state.connection.value.status === "open";
  const paused = training.state === "paused";
  return (
    <div class="transport">
      <button
        type="button"
        class="play"
        disabled={state.readOnly.value}
        aria-label={paused ? "Run training" : "Pause training"}
        title={paused ? "Run training (Space)" : "Pause training (Space)"}
        onClick={paused ? commands.run : commands.pause}
      >
        {paused ? <PlayIcon /> : <PauseIcon />}
      </button>
      <p>
        <b>{!connected ? "waiting" : paused ? "paused" : "live"}</b>{" "}
        <span class="muted">
          {connected && training.state === "running" && training.frames_per_second > 0
            ? `${training.frames_per_second.toFixed(0)} frames/s`
            : ""}
        </span>
        <br />
        <span class="muted">step {count(training.step)}</span>
      </p>
    </div>
  );
}

function Status({ training }: { training: Training }) {
  const line = useRef<HTMLSpanElement>(null);
  const first = training.progress < 1 && training.state !== "paused";
  useEffect(() => line.current?.style.setProperty("--share", String(training.progress)));
  return (
    <div class="status" role="status">
      <StateLine />
      {first && (
        <span
          class="progress"
          role="progressbar"
          aria-label="First training"
          aria-valuenow={Math.round(100 * training.progress)}
        >
          <span ref={line} />
        </span>
      )}
    </div>
  );
}

function Gestures({ gestures }: { gestures: readonly Gesture[] }) {
  const { state } = useUi();
  if (gestures.length === 0) return <p class="gestures muted">Each gesture leaves a mark here.</p>;
  const classes = state.classes.value;
  return (
    <ol class="gestures" aria-label="Gestures">
      {gestures.slice(-120).map((gesture) => {
        const info = classes[gesture.class_id];
        const text = `${items(gesture.count)} as ${info?.name ?? "unlabelled"}${gesture.undone ? ", undone" : ""}`;
        return (
          <li key={gesture.gesture} class={gesture.undone ? "undone" : ""} title={text}>
            <Swatch colour={info?.colour ?? "#8c97a6"} class="tick" />
            <span class="hidden-text">{text}</span>
          </li>
        );
      })}
    </ol>
  );
}

function Baked({ training }: { training: Training }) {
  return (
    <footer class="glass bottom-bar baked">
      <p class="muted">
        A baked scene, after {count(training.step)} steps. Turn it, look at its pictures; to label, serve the
        data set itself.
      </p>
    </footer>
  );
}
