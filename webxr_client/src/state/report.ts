/** Decides when the page shows the report of the import without a request of the user. */
import type { History, SessionInfo } from "../protocol/messages.js";

/**
 * Name of an entry in the browser's storage: the `reportKey` of the last report that was closed.
 */
export const REPORT_CLOSED = "lodespace.report-closed";
/** Client id of the labels that came with the data, as in server/project/initial_labels.py. */
const IMPORT = "import";

/** Return a text that identifies the data of a report: their name and the number of items. */
export function reportKey(session: SessionInfo): string {
  return `${session.dataset} ${session.n_items}`;
}

/**
 * Whether the page shows the report before the user asks for it. This requires that the user owns
 * the project, that nobody has labelled or changed anything, and that the report has not been
 * closed.
 */
export function reportIsNew(session: SessionInfo, history: History, closed: string): boolean {
  return (
    session.role === "owner" &&
    !session.read_only &&
    closed !== reportKey(session) &&
    history.gestures.every((gesture) => gesture.by === IMPORT)
  );
}
