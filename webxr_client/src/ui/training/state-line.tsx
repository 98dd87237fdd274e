/** State of training, in words. */
import type { Training } from "../../protocol/messages.js";
import { isEquation1 } from "../../state/presets.js";
import { useUi } from "../kit/context.js";

const DOING: Record<Training["phase"], string> = {
  layout: "arranging neighbours",
  features: "learning features of items",
  pretraining: "training the autoencoder",
  interactive: "learning from labels",
  resting: "waiting for the next label",
};

/** Text per phase in presets that minimise the loss of the paper in every phase. */
const DOING_PAPER: Partial<Record<Training["phase"], string>> = {
  pretraining: "training the autoencoder on equation 1, without labels",
  interactive: "training encoder, decoder and head on equation 1",
};

const WORD: Record<Training["state"], string> = {
  running: "learning",
  resting: "idle",
  paused: "paused",
  starting: "starting",
  restarting: "restarting",
  failed: "failed",
  absent: "no training",
};

/**
 * Words for the state of training, and a phrase for what the trainer does ("" if unknown).
 *
 * @param readOnly Whether the session is a baked scene, or a project that cannot be written.
 */
export function stateInWords(
  training: Training,
  connected: boolean,
  readOnly = false,
): { word: string; doing: string } {
  if (!connected) return { word: "not connected", doing: "" };
  if (training.state === "running") {
    const paper = isEquation1(training.settings.preset) ? DOING_PAPER[training.phase] : undefined;
    return { word: WORD.running, doing: paper ?? DOING[training.phase] };
  }
  if (training.state === "resting") return { word: WORD.resting, doing: DOING.resting };
  if (training.state === "paused")
    return { word: WORD.paused, doing: "labels take effect when training runs" };
  if (training.state === "absent" && readOnly)
    return { word: "baked", doing: "turn the cloud, play the recording" };
  if (training.state === "absent")
    return { word: WORD.absent, doing: "labels are saved, and no model learns from them" };
  return { word: WORD[training.state], doing: training.message ?? "" };
}

export function StateLine({ class: name = "" }: { class?: string }) {
  const { state } = useUi();
  const training = state.training.value;
  if (!training || state.session.value?.tiles) return null;
  const readOnly = state.session.value?.read_only ?? false;
  const connected = state.connected.value;
  const { word, doing } = stateInWords(training, connected, readOnly);
  return (
    <div class={`state-line ${name}`}>
      <p class={`state ${connected ? training.state : "lost"}`}>
        <i aria-hidden="true" /> {word}
      </p>
      <p class="muted">{doing}</p>
    </div>
  );
}
