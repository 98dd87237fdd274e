/** Message in the middle of the page while the graphics processor does not show the cloud. */
import { isSite } from "../../net/site.js";
import { labelsText } from "../../state/view-state.js";
import { useUi } from "../kit/context.js";

export function LostView() {
  const { state, buildView } = useUi();
  const view = state.view.value;
  if (view.status === "shown") return null;
  const labels = isSite ? "" : labelsText(state.connection.value.pending);
  return (
    <section class="glass lost-view" role="alert" data-testid="lost-view">
      {view.status === "lost" ? (
        <p>
          <b>The graphics processor has lost the view.</b> {labels} The view is built again within a
          few seconds.
        </p>
      ) : (
        <>
          <p>
            <b>The cloud cannot be drawn now.</b> {labels} Close other tabs and programs that use
            graphics, then build the view again.
            {view.retries && " The page tries to build the view again."}
          </p>
          <p class="hint">Reason: {view.reason}</p>
          <button type="button" class="button primary" onClick={buildView}>
            Build the view again
          </button>
        </>
      )}
    </section>
  );
}
