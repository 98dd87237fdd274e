/** Choice of what the colour of points shows. */
import { isSite } from "../../net/site.js";
import type { ColourBy } from "../../state/app-state.js";
import { CUES } from "../../state/review-state.js";
import { useUi } from "../kit/context.js";
import { withKey } from "../kit/key-hint.js";

/** Beginning of the values of the menu that are columns. */
const COLUMN = "column:";
const FIRST: readonly ColourBy[] = ["label", "prediction"];

/** The cues and columns that the menu of colours offers, besides FIRST. */
function useColours() {
  const { state } = useUi();
  const by = state.colourBy.value;
  const shown = by === "column" ? state.columns.shown.value?.name : undefined;
  const listed = isSite ? [] : (state.columns.list.value ?? []).map(({ name }) => name);
  const columns = shown && !listed.includes(shown) ? [shown, ...listed] : listed;
  const more: ColourBy[] = ["confidence", ...(isSite ? [] : CUES)];
  // Force and movement are chosen in the panel of forces and dials.
  if (!FIRST.includes(by) && !more.includes(by) && !shown) more.push(by);
  return { by, shown, columns, more };
}

export function ColourChoice() {
  const { state } = useUi();
  const { by, shown, more } = useColours();
  return (
    <div class="choice" role="group" aria-label="Colour by">
      <span class="muted choice-title">colour</span>
      {FIRST.map((name) => (
        <button
          key={name}
          type="button"
          title={withKey(`Colour by ${name}`, state.keys.text("colour"))}
          aria-pressed={by === name}
          onClick={() => {
            state.colourBy.value = name;
          }}
        >
          {name}
        </button>
      ))}
      <Menu
        label="Other colours"
        title={withKey(
          "Colour by confidence, another measure or a column",
          state.keys.text("cueColour"),
        )}
        class={more.includes(by) || shown ? "on" : ""}
        first={["more"]}
      />
    </div>
  );
}

/** One menu with all colours, for narrow windows. */
export function ColourSelect({ class: name = "" }: { class?: string }) {
  const title = "Colour by label, prediction or another value";
  return <Menu label="Colour by" title={title} class={`small-colours ${name}`} first={FIRST} />;
}

interface MenuProps {
  label: string;
  title: string;
  class: string;
  /** First entries. "more" is shown while a button beside the menu has chosen the colours. */
  first: readonly (ColourBy | "more")[];
}

function Menu({ label, title, class: style, first }: MenuProps) {
  const { state, commands } = useUi();
  const { by, shown, columns, more } = useColours();
  const names = [...first, ...more];
  return (
    <select
      aria-label={label}
      title={title}
      class={style}
      value={shown ? COLUMN + shown : names.includes(by) ? by : "more"}
      onFocus={commands.findColumns}
      onPointerEnter={commands.findColumns}
      onChange={(event) => {
        const { value } = event.currentTarget;
        if (value.startsWith(COLUMN)) commands.colourByColumn(value.slice(COLUMN.length));
        else state.colourBy.value = value === "more" ? "label" : (value as ColourBy);
      }}
    >
      {names.map((name) => (
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
  );
}
