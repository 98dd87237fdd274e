import { useEffect, useRef, useState } from "preact/hooks";
import { fetchItemInfo } from "../net/api.js";
import type { ItemInfo } from "../protocol/messages.js";
import { useUi } from "./context.js";
import { percent } from "./format.js";
import { Picture } from "./picture.js";

const WIDTH = 248;
const SUSPECT_CONFIDENCE = 0.5;

export function HoverCard() {
  const { state, atlas } = useUi();
  const hover = state.hovered.value;
  const element = useRef<HTMLDivElement>(null);
  const [info, setInfo] = useState<ItemInfo | null>(null);
  const item = hover?.item ?? -1;
  state.labelsVersion.value;
  state.predictionsVersion.value;

  useEffect(() => {
    setInfo(null);
    if (item < 0) return;
    let current = true;
    fetchItemInfo(item).then(
      (answer) => current && setInfo(answer),
      () => {}, // the card says what the page knows by itself
    );
    return () => {
      current = false;
    };
  }, [item]);

  useEffect(() => {
    const style = element.current?.style;
    if (!hover || !style) return;
    const left = hover.x + 22 + WIDTH > window.innerWidth - 340 ? hover.x - 22 - WIDTH : hover.x + 22;
    style.setProperty("left", `${Math.max(8, left)}px`);
    style.setProperty("top", `${Math.max(8, Math.min(hover.y - 40, window.innerHeight - 130))}px`);
  });

  if (!hover) return null;
  const classes = state.classes.value;
  const { labels, predictions, confidence } = state.annotations;
  const label = classes[labels[item] as number];
  const predicted = classes[predictions[item] as number];
  const certain = (confidence[item] as number) / 255;
  const suspect = label && predicted && label !== predicted && certain > SUSPECT_CONFIDENCE;
  return (
    <div ref={element} class="glass hover-card" role="status">
      {atlas.current && <Picture item={item} size={72} />}
      <dl>
        <dt>item {item}</dt>
        {info && info.id !== String(item) && <dd class="muted">{info.id}</dd>}
        <dd>
          <span class="muted">label </span>
          {label ? <Named colour={label.colour} name={label.name} /> : <span class="muted">none</span>}
          {info && info.gesture > 0 && <span class="muted"> · gesture {info.gesture}</span>}
        </dd>
        {predicted && (
          <dd>
            <span class="muted">predicts </span>
            <Named colour={predicted.colour} name={predicted.name} />{" "}
            <span class="muted">{percent(certain)}</span>
          </dd>
        )}
        {suspect && <dd class="suspect">suspect</dd>}
      </dl>
    </div>
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
