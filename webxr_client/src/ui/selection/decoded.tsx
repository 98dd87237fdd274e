/** Pictures decoded by the model: at the pointer, and on the path between two items. */
import { useEffect, useRef, useState } from "preact/hooks";
import { pathBetween } from "../../interaction/walk-between.js";
import { drawDecoded } from "../../scene/cloud/decoded-picture.js";
import type { Decoded } from "../../state/force-state.js";
import { useUi } from "../kit/context.js";

export function DecodedPicture({ picture }: { picture: Decoded }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawDecoded(canvas.current, picture);
  }, [picture]);
  return <canvas ref={canvas} class="picture" width={picture.width} height={picture.height} />;
}

/** The picture decoded at the pointer, shown beside the pointer. */
export function GenerativeMap() {
  const { state } = useUi();
  const element = useRef<HTMLDivElement>(null);
  const decoded = state.forces.decoded.value;
  const on = state.forces.map.value;
  useEffect(() => {
    if (!on) return;
    const follow = (event: PointerEvent) => {
      element.current?.style.setProperty("left", `${event.clientX + 14}px`);
      element.current?.style.setProperty("top", `${event.clientY + 14}px`);
    };
    window.addEventListener("pointermove", follow);
    return () => window.removeEventListener("pointermove", follow);
  }, [on]);
  if (!on) return null;
  return (
    <div ref={element} class={decoded ? "map-picture" : "map-picture empty"} data-testid="map">
      {decoded && <DecodedPicture picture={decoded} />}
    </div>
  );
}

/** Pictures decoded on the straight path between two selected items. */
export function Walk({ items }: { items: Uint32Array }) {
  const { state, commands } = useUi();
  const [strip, setStrip] = useState<readonly Decoded[]>([]);
  const [from, to] = items as unknown as [number, number];
  const model = state.model.value;
  useEffect(() => {
    let current = true;
    const points = pathBetween(state, from, to);
    if (model) void commands.decode(points).then((pictures) => current && setStrip(pictures));
    return () => {
      current = false;
    };
  }, [from, to, model, state, commands]);
  if (strip.length === 0) return null;
  return (
    <figure class="walk">
      <div class="strip">
        {strip.map((picture, k) => (
          <DecodedPicture key={k} picture={picture} />
        ))}
      </div>
      <figcaption class="hint">Pictures that the model decodes between the two items.</figcaption>
    </figure>
  );
}
