/** Labels of other people that a label of the selection would replace. */
import { fetchWhose } from "../net/api.js";
import { packItems } from "../protocol/item-sets.js";
import type { Whose } from "../protocol/messages.js";
import type { AppState } from "../state/app-state.js";
import { count } from "../state/format.js";
import { ascending } from "../state/item-lists.js";

/** Time from a change of the selection until it is asked whose labels it has, ms. */
const ASK_MS = 250;

/** Items as a packed set, base64. */
const textOf = (items: Uint32Array): string =>
  btoa(Array.from(packItems(ascending(items)), (byte) => String.fromCharCode(byte)).join(""));

/**
 * Find out whose labels `items` have, and call `show` with the answer, or with null if there are no
 * labels or no answer. Returns a function that ends this.
 */
export function askWhose(
  { annotations }: Pick<AppState, "annotations">,
  items: Uint32Array,
  show: (answer: Whose | null) => void,
  fetched = fetchWhose,
): () => void {
  const labelled = items.filter((item) => annotations.labels[item]! >= 0);
  let current = true;
  const take = (answer: Whose | null) => {
    if (current) show(answer);
  };
  if (labelled.length === 0) take(null);
  const timer = setTimeout(() => {
    if (labelled.length === 0) return;
    // Without an answer, the panel names no people.
    fetched(textOf(labelled)).then(take, () => take(null));
  }, ASK_MS);
  return () => {
    current = false;
    clearTimeout(timer);
  };
}

/** A name within a text; it does not change the direction of the text around it. */
const isolated = (name: string): string => `\u2068${name}\u2069`;

/** Text about labels of other people that a label would replace; "" if there are none. */
export function whoseText({ others }: Whose): string {
  if (others.length === 0) return "";
  const parts = others.map(
    ({ name, count: n }) => `${count(n)} ${n === 1 ? "label" : "labels"} of ${isolated(name)}`,
  );
  const listed =
    parts.length < 2 ? parts[0] : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  return `A new label replaces ${listed}.`;
}
