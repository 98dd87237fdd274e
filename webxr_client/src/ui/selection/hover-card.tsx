/** Card of the item under the pointer. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { fetchItemInfo, itemNumber, pictureUrl } from "../../net/api.js";
import type { ItemInfo } from "../../protocol/messages.js";
import { count, percent } from "../../state/format.js";
import { useUi } from "../kit/context.js";
import { loss } from "../kit/format.js";
import { SIDE_PANEL, WIDE } from "../kit/layout.js";
import { BIG_TEXT } from "../kit/theme.js";
import { DecodedPicture } from "./decoded.js";
import { Picture } from "./picture.js";

const WIDTH = 290;
const GAP = 22;
/** Height of the bottom bar with its margins. */
const BOTTOM_BAR = 130;
/** Confidence above which a prediction that differs from the label makes the label a suspect. */
const SUSPECT_CONFIDENCE = 0.5;
/** Wait in ms before the page queries the model about the item under the pointer. */
const PROBE_MS = 60;
const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

export function HoverCard() {
  const { state, commands, atlas } = useUi();
  const hover = state.hovered.value;
  const element = useRef<HTMLDivElement>(null);
  const [info, setInfo] = useState<ItemInfo | null>(null);
  const item = hover?.item ?? -1;
  state.labelsVersion.value;
  state.predictionsVersion.value;
  state.picturesVersion.value;

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

  // The card is placed again when its size changes, because details of the item arrive later.
  useLayoutEffect(() => {
    const card = element.current;
    if (!hover || !card) return;
    const put = () => {
      // With big text, the panels' CSS pixels are zoomed.
      const zoom = state.bigText.peek() ? BIG_TEXT : 1;
      const [width, height] = [window.innerWidth / zoom, window.innerHeight / zoom];
      const own = card.getBoundingClientRect().height / zoom;
      const { left, top } = hover.besideSheet
        ? placedBesideSheet(width, height, own)
        : placed(hover.x / zoom, hover.y / zoom, width, height, own);
      card.style.setProperty("left", `${left}px`);
      card.style.setProperty("top", `${top}px`);
    };
    put();
    const observer = new ResizeObserver(put);
    observer.observe(card);
    return () => observer.disconnect();
  }, [hover, state]);

  const model = state.model.value && state.time.live.value;
  useEffect(() => {
    if (item < 0 || !model) return;
    const ask = window.setTimeout(() => commands.probe([item]), PROBE_MS);
    return () => {
      window.clearTimeout(ask);
      commands.probe([]);
    };
  }, [item, model, commands]);

  if (!hover) return null;
  const seen = state.forces.seen.value.get(item);
  const classes = state.classes.value;
  const { labels, predictions, confidence } = state.annotations;
  const label = classes[labels[item]!];
  const predicted = classes[predictions[item]!];
  const certain = confidence[item]! / 255;
  const suspect = label && predicted && label !== predicted && certain > SUSPECT_CONFIDENCE;
  return (
    <div ref={element} class="glass hover-card" role="status">
      {atlas.current && (
        <div class="hover-picture">
          <Picture item={item} size={72} />
          <FullPicture key={item} item={item} />
        </div>
      )}
      {seen?.reconstruction && (
        <div class="hover-picture made" title="Reconstruction by the model">
          <DecodedPicture picture={seen.reconstruction} />
        </div>
      )}
      <dl>
        <dt>item {count(itemNumber(item))}</dt>
        {info && info.id !== String(itemNumber(item)) && <dd class="muted">{info.id}</dd>}
        <dd>
          <span class="muted">label </span>
          {label ? (
            <Named colour={label.colour} name={label.name} />
          ) : (
            <span class="muted">none</span>
          )}
          {info && info.gesture > 0 && <span class="muted"> · gesture {info.gesture}</span>}
        </dd>
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
      {info && <Origin info={info} />}
    </div>
  );
}

/**
 * Position of the card beside the pointer, inside the page and not over a panel.
 *
 * @param own Height of the card. All values are CSS pixels.
 */
export function placed(
  x: number,
  y: number,
  width: number,
  height: number,
  own = 0,
): { left: number; top: number } {
  const panel = width < WIDE ? 0 : SIDE_PANEL;
  const right = x + GAP + WIDTH;
  const left = right > width - panel - 8 ? x - GAP - WIDTH : x + GAP;
  return {
    left: Math.max(8, Math.min(left, width - WIDTH - 8)),
    top: Math.max(64, Math.min(y - 40, height - Math.max(130, own + 12))),
  };
}

/**
 * Position of the card beside a contact sheet: over the lower part of the right panel, where the
 * card covers neither the sheet nor the cloud. In a narrow window, at the upper edge of the page.
 */
export function placedBesideSheet(
  width: number,
  height: number,
  own: number,
): { left: number; top: number } {
  if (width < WIDE) return { left: 8, top: 64 };
  return {
    left: width - SIDE_PANEL + (SIDE_PANEL - WIDTH) / 2 - 4,
    top: Math.max(64, height - BOTTOM_BAR - own),
  };
}

/** The original picture of the item. After loading, this picture covers the thumbnail. */
function FullPicture({ item }: { item: number }) {
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
function Origin({ info }: { info: ItemInfo }) {
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
        <dd key={name} data-testid="column">
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
