/** Progress of the labelling at the moment that the page shows. */
import { count, percent } from "../../state/format.js";
import { labellingProgress } from "../../state/progress.js";
import { useUi } from "../kit/context.js";

export function Progress() {
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
