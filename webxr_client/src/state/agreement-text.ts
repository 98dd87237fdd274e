/** Texts about the agreement of people. */
import type { Agreement, Person } from "../protocol/messages.js";
import { items, percent } from "./format.js";

/** Meaning of kappa, in one sentence. */
export const WHAT_KAPPA_IS =
  "Kappa compares how often people agree with how often they would agree by chance: 1 is always, " +
  "0 is no more than by chance.";

/** Smallest number of common items from which a kappa is shown: on fewer, it varies too much. */
export const LEAST_FOR_KAPPA = 20;
/** Smallest number of common items from which the kappa of each class is shown. */
export const LEAST_FOR_CLASSES = 100;

/** A kappa of `n` items with two digits; "–" if it is not defined, or of too few items. */
export const kappaText = (kappa: number | null | undefined, n: number): string =>
  typeof kappa === "number" && n >= LEAST_FOR_KAPPA ? kappa.toFixed(2).replace("-", "−") : "–";

/** Text about common items: "27 items, same class on 89 %". */
export function commonText({ items: n, same }: { items: number; same: number }): string {
  return n === 0 ? "no items in common" : `${items(n)}, same class on ${percent(same / n)}`;
}

/** Name of a person, for the reader: "Mia (you)". */
export function nameOf(person: string, { people, you }: Agreement): string {
  const name = people.find((one: Person) => one.person === person)?.name ?? person;
  return person === you ? `${name} (you)` : name;
}
