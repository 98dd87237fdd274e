/** Progress of a baked training in the bar at the bottom, and a panel with all training curves. */
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";
import { withKey } from "../kit/key-hint.js";
import { Counts } from "./progress.js";

const loadCharts = () => import("../training/charts.js");

export function SiteProgress() {
  const { state } = useUi();
  const charts = useChunk(true, loadCharts, state.failure);
  return (
    <div class="labelling-line">
      {state.liveClasses.value.length > 0 && <Counts />}
      {charts && <charts.MainChart />}
    </div>
  );
}

export function CurvesButton() {
  const { state } = useUi();
  const { curvesOpen } = state.site;
  return (
    <button
      type="button"
      class="button icon"
      aria-label="Training curves"
      title={withKey("Training curves", state.keys.text("dials"))}
      aria-expanded={curvesOpen.value}
      onClick={() => {
        curvesOpen.value = !curvesOpen.value;
      }}
    >
      <svg width="18" height="18" fill="none" stroke="currentColor" aria-hidden="true">
        <path d="M3 3v12h12M5.5 11.5l3-4 2.5 2 4-5" stroke-width="1.5" />
      </svg>
    </button>
  );
}

export function SiteCurves() {
  const { state } = useUi();
  const { curvesOpen } = state.site;
  const charts = useChunk(curvesOpen.value, loadCharts, state.failure);
  if (!curvesOpen.value) return null;
  return (
    <aside class="glass dials" aria-label="Training curves">
      <div class="panel-title">
        <h2>Training curves</h2>
        <button
          type="button"
          class="close"
          aria-label="Close"
          onClick={() => (curvesOpen.value = false)}
        >
          ×
        </button>
      </div>
      {charts && <charts.Charts />}
    </aside>
  );
}
