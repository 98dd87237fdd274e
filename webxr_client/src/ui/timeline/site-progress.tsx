/**
 * Bar at the bottom of a baked site: its progress, a panel with all training curves, and a bar
 * without a recording, which scenes in tiles have, too.
 */
import type { Training } from "../../protocol/messages.js";
import { count } from "../../state/format.js";
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";
import { PanelButton } from "../kit/panel-button.js";
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
  return (
    <PanelButton name="Training curves" action="dials" open={state.site.curvesOpen}>
      <svg width="18" height="18" fill="none" stroke="currentColor" aria-hidden="true">
        <path d="M3 3v12h12M5.5 11.5l3-4 2.5 2 4-5" stroke-width="1.5" />
      </svg>
    </PanelButton>
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

/** Bar of a scene without training and recording. */
export function Baked({ training }: { training: Training }) {
  const tiled = useUi().state.tiled.value;
  if (tiled)
    return (
      <footer class="glass bottom-bar baked">
        <p class="muted">
          {tiled.loaded === tiled.items ? (
            `All ${count(tiled.items)} items are loaded.`
          ) : (
            <>
              {count(tiled.loaded)} of {count(tiled.items)} items are loaded: those that you look
              at. {tiled.loading ? "Loading…" : "Move nearer to load more."}
            </>
          )}
        </p>
      </footer>
    );
  return (
    <footer class="glass bottom-bar baked">
      <p class="muted">
        This scene was baked after {count(training.step)} training steps. You can turn it and look
        at its pictures. To label, open the data set with <code>lodespace serve</code>.
      </p>
    </footer>
  );
}
