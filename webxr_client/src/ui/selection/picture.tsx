/** Picture of an item, drawn from the thumbnails that are already loaded. */
import { useEffect, useRef } from "preact/hooks";
import { drawDecoded } from "../../scene/cloud/decoded-picture.js";
import { useUi } from "../kit/context.js";

export function Picture({ item, size }: { item: number; size: number }) {
  const { atlas, state } = useUi();
  const canvas = useRef<HTMLCanvasElement>(null);
  /** The item that the canvas shows; -1 for none. */
  const drawn = useRef(-1);
  const version = state.picturesVersion.value;
  const arrived = atlas.current?.arrived.value;
  useEffect(() => {
    const element = canvas.current;
    if (!element || drawn.current === item) return;
    const picture = atlas.current?.cut(item);
    if (picture) drawDecoded(element, picture);
    else element.getContext("2d")?.clearRect(0, 0, element.width, element.height);
    drawn.current = picture ? item : -1;
  }, [item, version, arrived, atlas]);
  const pixels = atlas.current?.layout.picture ?? 28;
  return <canvas ref={canvas} class="picture" width={pixels} height={pixels} data-size={size} />;
}
