/** Panel of forces and dials. Each change of a dial is a gesture that can be undone. */
import { useState } from "preact/hooks";
import { LOSS_TERMS, PRESETS } from "../../protocol/messages.js";
import type { ColourBy } from "../../state/app-state.js";
import { FORCES_SHOWN, TERM_COLOURS, TERMS, TRAIL_STEPS } from "../../state/force-state.js";
import { count, items } from "../../state/format.js";
import { isEquation1 } from "../../state/presets.js";
import { Swatch } from "../classes/swatch.js";
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";
import { Axes } from "./axes.js";

type WeightName = Extract<(typeof LOSS_TERMS)[number], { dial: object }>["weight"];
type DialName = WeightName | "learning_rate" | "stiffness";

interface Dial {
  name: DialName;
  label: string;
  title: string;
  /**
   * Smallest and largest value of a logarithmic scale, on which step 0 means the value 0. If
   * absent, the scale is linear from 0 to 1.
   */
  log?: readonly [number, number];
}

const DIALS: readonly Dial[] = [
  { name: "stiffness", label: "stiffness", title: "How strongly unlabelled points resist moving" },
  ...LOSS_TERMS.flatMap(({ dial, weight }): Dial[] =>
    dial ? [{ name: weight, label: dial.label, title: dial.title, log: dial.range }] : [],
  ),
  {
    name: "learning_rate",
    label: "learning rate",
    title: "Learning rate of encoder, decoder and head",
    log: [1e-5, 0.1],
  },
];
/**
 * Dials without an effect in the presets that minimise only equation 1, because equation 1 has no
 * such terms.
 */
const UNUSED_IN_EQUATION_1: readonly DialName[] = ["stiffness", "beta_neighbour", "beta_anchor"];
const PRESET_TITLES = {
  figure2:
    "The paper's setting of figure 2, in 2D. Training starts again: 50 epochs without labels, " +
    "then 50 after each change of labels",
  paper: "The loss of the paper (equation 1) alone; points show the encoder's output",
  default: "Points are particles, moved by forces that take the labels into account",
  calm: "Like the default preset, but stiffer and slower, so that points stay near their places",
};
const STEPS = 200;

const loadCharts = () => import("./charts.js");

export function Dials() {
  const { state, commands } = useUi();
  const charts = useChunk(state.forces.dialsOpen.value, loadCharts, state.failure);
  const settings = state.training.value?.settings;
  if (!state.forces.dialsOpen.value || !settings) return null;
  const locked = state.readOnly.value;
  const pins = state.pins.value.length;
  return (
    <aside class="glass dials" aria-label="Forces and dials">
      <div class="panel-title">
        <h2>Forces</h2>
        <button
          type="button"
          class="close"
          aria-label="Close"
          onClick={() => (state.forces.dialsOpen.value = false)}
        >
          ×
        </button>
      </div>
      <Choice
        label="arrows"
        options={FORCES_SHOWN}
        value={state.forces.shown.value}
        choose={(shown) => (state.forces.shown.value = shown)}
      />
      <div class="terms" role="group" aria-label="Terms whose arrows are drawn">
        {TERMS.map((term) => (
          <button
            key={term}
            type="button"
            aria-pressed={state.forces.terms.value.has(term)}
            title={`Arrows of the ${term} term`}
            onClick={() => {
              const terms = new Set(state.forces.terms.value);
              if (!terms.delete(term)) terms.add(term);
              state.forces.terms.value = terms;
            }}
          >
            <Swatch colour={TERM_COLOURS[term]} /> {term}
          </button>
        ))}
      </div>
      <Choice
        label="colour"
        options={["label", "force", "movement"]}
        value={state.colourBy.value as "label"}
        choose={(by) => (state.colourBy.value = by as ColourBy)}
      />
      <Choice
        label="trails"
        options={TRAIL_STEPS.map((steps) => (steps ? String(steps) : "off"))}
        value={state.forces.trails.value ? String(state.forces.trails.value) : "off"}
        choose={(steps) => (state.forces.trails.value = Number(steps) || 0)}
      />
      <Choice
        label="decode"
        options={["off", "at pointer"]}
        value={state.forces.map.value ? "at pointer" : "off"}
        choose={(on) => (state.forces.map.value = on !== "off")}
      />
      <hr />
      <div class="panel-title">
        <h2>Dials</h2>
      </div>
      <Choice
        label="preset"
        options={PRESETS}
        titles={PRESET_TITLES}
        value={settings.preset ?? "default"}
        disabled={locked}
        choose={(preset) => preset !== settings.preset && commands.setSettings({ preset })}
      />
      {DIALS.map((dial) => (
        <Slider
          key={dial.name}
          dial={dial}
          value={settings[dial.name] ?? 0}
          disabled={
            locked || (isEquation1(settings.preset) && UNUSED_IN_EQUATION_1.includes(dial.name))
          }
        />
      ))}
      <Choice
        label="head"
        options={["0", "1", "2"]}
        titles={{
          "0": "Logistic regression on the latent mean",
          "1": "One hidden layer of 10 units",
          "2": "Two hidden layers of 10 units",
        }}
        value={String(settings.hidden_layers ?? 0)}
        disabled={locked}
        choose={(layers) => commands.setSettings({ hidden_layers: Number(layers) })}
      />
      <hr />
      <Axes />
      <hr />
      <div class="panel-title">
        <h2>Curves</h2>
      </div>
      {charts && <charts.Charts />}
      {pins > 0 && (
        <p class="pins">
          <span class="muted">{items(pins)} pinned</span>
          <button type="button" class="button" disabled={locked} onClick={() => commands.unpin([])}>
            Unpin {pins > 1 ? `all ${count(pins)}` : ""}
          </button>
        </p>
      )}
    </aside>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  options: readonly T[];
  titles?: Partial<Record<T, string>>;
  value: T;
  disabled?: boolean;
  choose(value: T): void;
}

function Choice<T extends string>({
  label,
  options,
  titles,
  value,
  disabled,
  choose,
}: ChoiceProps<T>) {
  return (
    <div class="dial-row">
      <span class="muted">{label}</span>
      <div class="choice" role="group" aria-label={label}>
        {options.map((option) => (
          <button
            key={option}
            type="button"
            disabled={disabled}
            title={titles?.[option]}
            aria-pressed={value === option}
            onClick={() => choose(option)}
          >
            {option}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Slider of a dial. One command is sent when the user releases the slider. */
function Slider({ dial, value, disabled }: { dial: Dial; value: number; disabled: boolean }) {
  const { commands } = useUi();
  const [turning, setTurning] = useState<number | null>(null);
  const shown = turning ?? value;
  return (
    <label class="dial-row" title={dial.title}>
      <span class="muted">{dial.label}</span>
      <input
        type="range"
        min={0}
        max={STEPS}
        value={toStep(dial, shown)}
        disabled={disabled}
        aria-valuetext={written(shown)}
        onInput={(event) => setTurning(fromStep(dial, Number(event.currentTarget.value)))}
        onChange={(event) => {
          setTurning(null);
          commands.setSettings({ [dial.name]: fromStep(dial, Number(event.currentTarget.value)) });
        }}
      />
      <b>{written(shown)}</b>
    </label>
  );
}

/** Value of a dial at a step of its slider, 0 to STEPS. */
export function fromStep({ log }: Pick<Dial, "log">, step: number): number {
  if (!log) return step / STEPS;
  if (step === 0) return 0;
  const value = log[0] * (log[1] / log[0]) ** ((step - 1) / (STEPS - 1));
  return Number(value.toPrecision(2));
}

/** Step of the slider that is nearest to a value. */
export function toStep({ log }: Pick<Dial, "log">, value: number): number {
  if (!log) return Math.round(value * STEPS);
  if (value < log[0]) return value > 0 ? 1 : 0;
  return Math.min(
    STEPS,
    1 + Math.round(((STEPS - 1) * Math.log(value / log[0])) / Math.log(log[1] / log[0])),
  );
}

const written = (value: number): string =>
  value === 0
    ? "0"
    : value < 0.01
      ? value.toExponential(0)
      : Number(value.toPrecision(3)).toString();
