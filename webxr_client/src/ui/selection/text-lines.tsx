/** Items that are texts, as a list with one line per item. */
import { textOf } from "../../state/item-text.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";
import { useItemInfos } from "./item-infos.js";

export interface TextLinesProps {
  items: Uint32Array;
  /** Name of the list for screen readers. */
  name: string;
  /** Effect of a click on a line, for the tooltip. */
  effect: string;
  choose(item: number): void;
}

export function TextLines({ items, name, effect, choose }: TextLinesProps) {
  const { state } = useUi();
  const infos = useItemInfos(Array.from(items));
  const classes = state.classes.value;
  const { labels, predictions } = state.annotations;
  state.labelsVersion.value;
  state.predictionsVersion.value;
  return (
    <ul class="text-lines" aria-label={name}>
      {Array.from(items, (item) => {
        const text = textOf(state.session.value, infos.get(item));
        const info = classes[labels[item]!] ?? classes[predictions[item]!];
        return (
          <li key={item}>
            <button
              type="button"
              data-item={item}
              title={`${effect}: ${text}`}
              onClick={() => choose(item)}
            >
              {info && <Swatch colour={info.colour} of={info.class_id} />}
              <span dir="auto">{text || "…"}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
