/** Progress of the labelling: classes with labels, items left, and the curve of labelled items. */
import { count, percent } from "../../state/format.js";
import { labelledCurve } from "../../state/progress.js";
import { useUi } from "../kit/context.js";
import { corners } from "../training/charts.js";

export function Progress() {
  const { state } = useUi();
  const items = state.session.value?.n_items ?? 0;
  const counts = state.labelCounts.value;
  const classes = state.liveClasses.value;
  const done = classes.filter((info) => counts[info.class_id]).length;
  const labelled = state.labelled.value;
  const timeline = state.time.timeline.value;
  const curve = timeline && labelledCurve(timeline, items, labelled);
  return (
    <div class="labelling" data-testid="progress">
      <dl>
        <div title="Classes that have at least one label">
          <dt>classes with labels</dt>
          <dd>
            <b>{count(done)}</b> of {count(classes.length)}
          </dd>
        </div>
        <div title="Items without a label">
          <dt>items left</dt>
          <dd>
            <b>{count(items - labelled)}</b> of {count(items)}
          </dd>
        </div>
      </dl>
      <figure class="labelled-curve" title="Share of labelled items after each gesture">
        <svg class="curve" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          {curve && (
            <polyline
              points={corners(curve.shares, [0, 1], curve.at)}
              fill="none"
              stroke-width="2"
              vector-effect="non-scaling-stroke"
            />
          )}
        </svg>
        <figcaption>
          labelled <b>{percent(items ? labelled / items : 0)}</b>
        </figcaption>
      </figure>
    </div>
  );
}
