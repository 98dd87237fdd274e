/** Progress of the labelling, at the moment that the page shows and over the recording. */
import { useMemo } from "preact/hooks";
import { count, percent } from "../../state/format.js";
import { labellingProgress, progressCurve } from "../../state/progress.js";
import { useUi } from "../kit/context.js";

export function Progress() {
  return (
    <div class="labelling-line">
      <Counts />
      <Curve />
    </div>
  );
}

/** Curve of the labelled items over the recording. A click shows the clicked moment. */
function Curve() {
  const { state, commands } = useUi();
  const { time } = state;
  const timeline = time.timeline.value;
  const last = time.last.value;
  const items = state.session.value?.n_items ?? 0;
  const points = useMemo(() => (timeline ? progressCurve(timeline, items) : ""), [timeline, items]);
  if (!points || last === 0) return null;
  const at = (100 * time.moment.value) / last;
  return (
    <figure class="labelled-curve" title="Share of labelled items over the recording">
      <svg
        class="curve"
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        aria-hidden="true"
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          commands.goTo((last * (event.clientX - box.left)) / box.width);
        }}
      >
        <polygon points={`0,100 ${points} 100,100`} />
        <polyline points={points} vector-effect="non-scaling-stroke" />
        {!time.live.value && (
          <line class="cursor" x1={at} x2={at} y1="0" y2="100" vector-effect="non-scaling-stroke" />
        )}
      </svg>
    </figure>
  );
}

/** Counts of classes and items at the moment that the page shows. */
export function Counts() {
  const { state } = useUi();
  const now = labellingProgress(state);
  const when = state.time.live.value ? "" : " at this moment";
  const share = now && (now.items ? now.labelled / now.items : 0);
  return (
    <dl class="labelling" data-testid="progress">
      <div title={`Classes that have at least one label${when}`}>
        <dt>classes with labels</dt>
        <dd>
          <b>{now ? count(now.classesLabelled) : "–"}</b> {now && `of ${count(now.classes)}`}
        </dd>
      </div>
      <div title={`Items without a label${when}`}>
        <dt>items left</dt>
        <dd>
          <b>{now ? count(now.items - now.labelled) : "–"}</b> {now && `of ${count(now.items)}`}
        </dd>
      </div>
      <div title={`Share of the items that have a label${when}`}>
        <dt>labelled</dt>
        <dd>
          <b>{share === null ? "–" : percent(share)}</b>
        </dd>
      </div>
      {when && <p class="faint-text">{when.trim()}</p>}
    </dl>
  );
}
