/**
 * Binding of the rules to the scene: a hull per rule that is on, and rings round items whose votes
 * disagree. The code for hulls is loaded with the first rule.
 */
import { effect } from "@preact/signals";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import type { RuleLayer } from "../scene/layers/rule-layer.js";
import type { Stage } from "../scene/stage.js";
import type { AppState } from "../state/app-state.js";
import type { Commands } from "../state/commands.js";

/** Time from a change of the selection until its preview is requested, ms. */
const PREVIEW_MS = 200;

export interface RuleView {
  /**
   * Update once per frame. `changed`: whether something has changed since the previous frame.
   * Returns whether the hulls have changed.
   */
  update(changed: boolean): boolean;
  /** The hulls; null until the first rule. */
  layer: RuleLayer | null;
}

export function bindRules(
  state: AppState,
  commands: Commands,
  stage: Stage,
  cloud: PointCloud,
): RuleView {
  const view: RuleView = { update: (changed) => view.layer?.update(changed) ?? false, layer: null };
  let asked = false;
  effect(() => {
    if (asked || state.rules.list.value.length === 0) return;
    asked = true;
    import("../scene/layers/rule-layer.js").then(
      ({ RuleLayer: Layer }) => {
        view.layer = new Layer(state, commands, stage, cloud);
      },
      () => {
        asked = false; // the next change tries again
      },
    );
  });
  bindPreview(state, commands);
  return view;
}

/** Request a preview while the selection would be kept as a rule. */
function bindPreview(state: AppState, commands: Commands): void {
  effect(() => {
    state.model.value; // without features, the model describes the items, and it may start later
    if (!state.rules.keeps(state.selection.value)) return;
    const ask = () => commands.withRules((rules) => rules.preview());
    const timer = window.setTimeout(ask, PREVIEW_MS);
    return () => window.clearTimeout(timer);
  });
}
