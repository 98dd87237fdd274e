/** Choice of what the colour and the size of points show. */
import { isSite } from "../../net/site.js";
import type { ColourBy } from "../../state/app-state.js";
import { CUES, type Cue } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";
import { withKey } from "../kit/key-hint.js";

/** Beginning of the values of the menu that are columns. */
const COLUMN = "column:";
const FIRST: readonly ColourBy[] = ["label", "prediction"];

export function ColourChoice() {
  const { state, commands } = useUi();
  const by = state.colourBy.value;
  const shown = by === "column" ? state.columns.shown.value?.name : undefined;
  const listed = isSite ? [] : (state.columns.list.value ?? []).map(({ name }) => name);
  const columns = shown && !listed.includes(shown) ? [shown, ...listed] : listed;
  const more: ColourBy[] = ["confidence", ...(isSite ? [] : CUES)];
  // Force and movement are chosen in the panel of forces and dials.
  if (!FIRST.includes(by) && !more.includes(by) && !shown) more.push(by);
  const choose = (name: ColourBy) => {
    state.colourBy.value = name;
  };
  return (
    <div class="choice" role="group" aria-label="Colour by">
      <span class="muted choice-title">colour</span>
      {FIRST.map((name) => (
        <button
          key={name}
          type="button"
          title={withKey(`Colour by ${name}`, state.keys.text("colour"))}
          aria-pressed={by === name}
          onClick={() => choose(name)}
        >
          {name}
        </button>
      ))}
      <select
        aria-label="Other colours"
        title={withKey("Colour by confidence, a cue or a column", state.keys.text("cueColour"))}
        class={more.includes(by) || shown ? "on" : ""}
        value={shown ? COLUMN + shown : more.includes(by) ? by : ""}
        onFocus={commands.findColumns}
        onPointerEnter={commands.findColumns}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value.startsWith(COLUMN)) commands.colourByColumn(value.slice(COLUMN.length));
          else choose((value || "label") as ColourBy);
        }}
      >
        <option value="">more</option>
        {more.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        {columns.length > 0 && (
          <optgroup label="columns">
            {columns.map((name) => (
              <option key={name} value={COLUMN + name}>
                {name}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </div>
  );
}

export function SizeChoice() {
  const { state } = useUi();
  const { sizeBy } = state.review;
  if (isSite) return null;
  return (
    <div class="choice">
      <select
        aria-label="Size by"
        title={withKey("Size of points", state.keys.text("cueSize"))}
        class={sizeBy.value === "even" ? "" : "on"}
        value={sizeBy.value}
        onChange={(event) => {
          sizeBy.value = event.currentTarget.value as Cue;
        }}
      >
        <option value="even">even size</option>
        {CUES.map((cue) => (
          <option key={cue} value={cue}>
            size: {cue}
          </option>
        ))}
      </select>
    </div>
  );
}
