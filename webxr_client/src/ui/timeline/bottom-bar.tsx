/** Bar at the bottom: playback, progress, timeline and state of training. */
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isSite } from "../../net/site.js";
import type { Training } from "../../protocol/messages.js";
import { count } from "../../state/format.js";
import { playToggle } from "../../state/play-toggle.js";
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";
import { DialsIcon, PauseIcon, PlayIcon, StepBackIcon, StepIcon } from "../kit/icons.js";
import { withKey } from "../kit/key-hint.js";
import { PanelButton } from "../kit/panel-button.js";
import { StateLine } from "../training/state-line.js";
import { SpeedButton } from "./speed-button.js";
import { Track } from "./track.js";

interface BottomBarProps {
  /** Progress of the labelling; undefined on a baked site, which has a progress of its own. */
  progress?: ComponentType;
  /** Bar of a server without training and recording; undefined on a baked site. */
  untrained?: ComponentType;
}

const loadSite = () => import("./site-progress.js");

export function BottomBar({ progress: Progress, untrained: Untrained }: BottomBarProps) {
  const { state } = useUi();
  const training = state.training.value;
  const session = state.session.value;
  const still = training?.state === "absent" && !session?.has_recording;
  const served = session?.read_only === false && !state.tiled.value;
  const site = useChunk(isSite || (still && !served), loadSite, state.failure);
  if (!training) return null;
  if (still && !served) return site && <site.Baked training={training} />;
  if (still) return Untrained ? <Untrained /> : null;
  return (
    <>
      <footer class="glass bottom-bar">
        <Transport training={training} />
        <div class="middle">
          {isSite ? site && <site.SiteProgress /> : Progress && <Progress />}
          <Track />
        </div>
        <Status training={training}>{site && <site.CurvesButton />}</Status>
      </footer>
      {site && <site.SiteCurves />}
    </>
  );
}

function Transport({ training }: { training: Training }) {
  const { state, commands } = useUi();
  const { time, keys } = state;
  const live = time.live.value;
  const { stands, text, run } = playToggle(state, commands);
  const none = time.last.value === 0;
  return (
    <div class="transport">
      <div class="buttons">
        <button
          type="button"
          disabled={none}
          aria-label="One moment back"
          title={withKey("One moment back", keys.text("momentBack"))}
          onClick={() => commands.step(-1)}
        >
          <StepBackIcon />
        </button>
        <button
          type="button"
          class="play"
          disabled={live && state.readOnly.value && training.state !== "absent"}
          aria-label={text}
          title={withKey(text, keys.text("play"))}
          onClick={run}
        >
          {stands ? <PlayIcon /> : <PauseIcon />}
        </button>
        <button
          type="button"
          disabled={none || live}
          aria-label="One moment forward"
          title={withKey("One moment forward", keys.text("momentForward"))}
          onClick={() => commands.step(1)}
        >
          <StepIcon />
        </button>
      </div>
      <div class="now">{live ? <LiveNow training={training} /> : <PastNow />}</div>
    </div>
  );
}

function LiveNow({ training }: { training: Training }) {
  const { state } = useUi();
  const connected = state.connected.value;
  const running = connected && training.state === "running";
  const rate = running ? Math.round(training.frames_per_second) : 0;
  return (
    <p title="Updates of the map per second, and training steps so far">
      <b>
        {!connected
          ? "offline"
          : training.state === "paused"
            ? "paused"
            : training.state === "absent"
              ? "end"
              : "live"}
      </b>{" "}
      <span class="muted">{rate > 0 && `${rate} ${rate === 1 ? "update" : "updates"}/s`}</span>
      <br />
      <span class="muted">step {count(training.step)}</span>
    </p>
  );
}

function PastNow() {
  const { state, commands } = useUi();
  const { time } = state;
  const now = state.training.value?.state === "absent" ? "end" : "live";
  return (
    <>
      <button
        type="button"
        class="button live"
        title={withKey(`Back to ${now}`, state.keys.text("live"))}
        onClick={commands.live}
      >
        {now}
      </button>
      <SpeedButton />
      <p class="muted" data-testid="moment">
        {count(time.moment.value + 1)} of {count(time.last.value + 1)}
      </p>
    </>
  );
}

function Status({ training, children }: { training: Training; children: ComponentChildren }) {
  const { state } = useUi();
  const line = useRef<HTMLSpanElement>(null);
  const first = training.progress < 1 && training.state !== "paused";
  useEffect(() => line.current?.style.setProperty("--share", String(training.progress)));
  return (
    <div class="status">
      <div role="status">
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
      {children}
      {training.state !== "absent" && (
        <PanelButton name="Forces and dials" action="dials" open={state.forces.dialsOpen}>
          <DialsIcon />
        </PanelButton>
      )}
    </div>
  );
}
