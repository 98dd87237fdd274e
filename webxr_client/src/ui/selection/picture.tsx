/** Picture of an item, drawn from the thumbnails that are already loaded. */
import { useEffect, useRef } from "preact/hooks";
import { useUi } from "../kit/context.js";

export function Picture({ item, size }: { item: number; size: number }) {
  const { atlas, state } = useUi();
  const canvas = useRef<HTMLCanvasElement>(null);
  const version = state.picturesVersion.value;
  useEffect(() => {
    const current = atlas.current;
    const context = canvas.current?.getContext("2d");
    if (!context || !current) return;
    const { page, x, y } = current.locate(item);
    const bitmap = current.pages[page];
    const { picture } = current.layout;
    context.clearRect(0, 0, picture, picture);
    if (bitmap) context.drawImage(bitmap, x, y, picture, picture, 0, 0, picture, picture);
  }, [item, version, atlas]);
  const pixels = atlas.current?.layout.picture ?? 28;
  return <canvas ref={canvas} class="picture" width={pixels} height={pixels} data-size={size} />;
}
