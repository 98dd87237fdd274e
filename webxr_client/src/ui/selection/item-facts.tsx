/** Facts about an item, for its cards. */
import { useEffect, useRef, useState } from "preact/hooks";
import { fetchItemInfo, itemNumber, pictureUrl } from "../../net/api.js";
import type { ItemInfo } from "../../protocol/messages.js";
import { count, percent } from "../../state/format.js";
import { useUi } from "../kit/context.js";
import { loss } from "../kit/format.js";

/** Confidence above which a prediction that differs from the label makes the label a suspect. */
const SUSPECT_CONFIDENCE = 0.5;
const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** Details of an item from the server; null until they arrive, and for item -1. */
export function useItemInfo(item: number): ItemInfo | null {
  const [info, setInfo] = useState<ItemInfo | null>(null);
  useEffect(() => {
    setInfo(null);
    if (item < 0) return;
    let current = true;
    fetchItemInfo(item).then(
      (answer) => current && setInfo(answer),
      () => {}, // without an answer, the card shows only what the page knows
    );
    return () => {
      current = false;
    };
  }, [item]);
  return info;
}

/** Number, id, label and prediction of an item. */
export function ItemFacts({ item, info }: { item: number; info: ItemInfo | null }) {
  const { state } = useUi();
  state.labelsVersion.value;
  state.predictionsVersion.value;
  const seen = state.forces.seen.value.get(item);
  const classes = state.classes.value;
  const { labels, predictions, confidence } = state.annotations;
  const label = classes[labels[item]!];
  const hidden = state.annotations.isHidden(item);
  const predicted = classes[predictions[item]!];
  const certain = confidence[item]! / 255;
  const suspect = label && predicted && label !== predicted && certain > SUSPECT_CONFIDENCE;
  return (
    <dl>
      <dt>item {count(itemNumber(item))}</dt>
      {info && info.id !== String(itemNumber(item)) && <dd class="muted">{info.id}</dd>}
      <dd>
        <span class="muted">label </span>
        {label ? (
          <Named colour={label.colour} name={label.name} />
        ) : (
          <span class="muted">{hidden ? "hidden" : "none"}</span>
        )}
        {info && info.gesture > 0 && !hidden && (
          <span class="muted"> · gesture {info.gesture}</span>
        )}
      </dd>
      {hidden && <dd class="muted">while the sheet is open</dd>}
      {predicted && (
        <dd>
          <span class="muted">predicted </span>
          <Named colour={predicted.colour} name={predicted.name} />{" "}
          <span class="muted">{percent(certain)}</span>
        </dd>
      )}
      {suspect && <dd class="suspect">suspect</dd>}
      {seen && (
        <dd class="muted" data-testid="seen">
          loss {loss(seen.error)} nats · σ {mean(seen.sigma).toFixed(2)}
        </dd>
      )}
    </dl>
  );
}

/** The original picture of the item. After loading, this picture covers the thumbnail. */
export function FullPicture({ item }: { item: number }) {
  const [there, setThere] = useState(false);
  const source = pictureUrl(item);
  if (!source) return null;
  return (
    <img
      class={there ? "picture" : "picture absent"}
      src={source}
      alt=""
      onLoad={() => setThere(true)}
    />
  );
}

const SHOWN_COLUMNS = 6;

/** Source of the item, and the values of the item in the columns of the table. */
export function Origin({ info }: { info: ItemInfo }) {
  const text = useUi().state.session.value?.text_column;
  const { path, start, end } = info;
  const filled = info.columns.filter(({ value }) => value !== "");
  const more = filled.length - SHOWN_COLUMNS;
  const from = path !== "" && !info.id.startsWith(path);
  const timed = typeof start === "number" && typeof end === "number";
  if (!from && !timed && filled.length === 0) return null;
  return (
    <dl class="came">
      {from && <dd class="muted">{path}</dd>}
      {timed && (
        <dd class="muted">
          {start.toFixed(1)} to {end.toFixed(1)} s
        </dd>
      )}
      {filled.slice(0, SHOWN_COLUMNS).map(({ name, value }) => (
        <dd key={name} data-testid="column" class={name === text ? "words" : ""}>
          <span class="muted">{name} </span>
          {value}
        </dd>
      ))}
      {more > 0 && (
        <dd class="muted">
          and {more} more {more === 1 ? "column" : "columns"}
        </dd>
      )}
    </dl>
  );
}

function Named({ colour, name }: { colour: string; name: string }) {
  const element = useRef<HTMLElement>(null);
  useEffect(() => element.current?.style.setProperty("--class", colour), [colour]);
  return (
    <b ref={element} class="named">
      {name}
    </b>
  );
}
