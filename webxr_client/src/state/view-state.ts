/** State of the drawn view, and the texts about a view that the graphics processor has lost. */

/**
 * `lost`: the graphics processor has lost the view, and the page waits for it. `failed`: the view
 * could not be built; `reason` has the words of the browser, and `retries` is whether the page
 * tries again without a request of the user.
 */
export type ViewState =
  | { status: "shown" }
  | { status: "lost" }
  | { status: "failed"; reason: string; retries: boolean };

/** State of the labels for the user. `pending`: commands that the server has not answered. */
export function labelsText(pending: number): string {
  if (pending === 0) return "All labels are saved.";
  const waits = pending === 1 ? "1 action is" : `${pending} actions are`;
  return `${waits} not saved yet: keep this page open until the server answers.`;
}

/** Note after the view was built again. */
export const BUILT_AGAIN =
  "The graphics processor had lost the view. The view was built again; labels and selection are " +
  "unchanged.";
