/** Text of an item, in data whose items are texts. */
import type { ItemInfo, SessionInfo } from "../protocol/messages.js";

/** Text in one line; "" if `info` is not known yet, or if the items are not texts. */
export function textOf(session: SessionInfo | null, info: ItemInfo | undefined): string {
  const name = session?.text_column;
  const text = name ? info?.columns.find((column) => column.name === name)?.value : "";
  return (text ?? "").replace(/\s+/g, " ").trim();
}
