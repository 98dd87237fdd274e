/** Overlay of the region that is being drawn, with the number of items inside. */
import { items } from "../../state/format.js";
import { useUi } from "../kit/context.js";

export function DrawingOverlay() {
  const { state } = useUi();
  const drawing = state.drawing.value;
  if (!drawing || drawing.points.length < 4) return null;
  const points: string[] = [];
  let top = Number.POSITIVE_INFINITY;
  let left = Number.POSITIVE_INFINITY;
  let right = 0;
  for (let k = 0; k < drawing.points.length; k += 2) {
    const x = drawing.points[k]!;
    const y = drawing.points[k + 1]!;
    points.push(`${x.toFixed(1)},${y.toFixed(1)}`);
    top = Math.min(top, y);
    left = Math.min(left, x);
    right = Math.max(right, x);
  }
  const middle = (left + right) / 2;
  const above = Math.max(18, top - 14);
  return (
    <svg class="drawing" aria-hidden="true">
      <polygon class="halo" points={points.join(" ")} />
      <polygon points={points.join(" ")} />
      <g transform={`translate(${middle.toFixed(1)} ${above.toFixed(1)})`}>
        <rect x="-46" y="-13" width="92" height="24" rx="12" />
        <text y="4" text-anchor="middle">
          {items(drawing.count)}
        </text>
      </g>
    </svg>
  );
}
