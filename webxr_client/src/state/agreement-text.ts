/** Texts about the agreement of people. */
import type { Agreement, Person } from "../protocol/messages.js";
import { items, percent } from "./format.js";

/** Meaning of kappa, in one sentence. */
export const WHAT_KAPPA_IS =
  "Kappa compares how often people agree with how often they would agree by chance: 1 is always, " +
  "0 is no more than by chance.";

/** A kappa with two digits; "–" if it is not defined. */
export const kappaText = (kappa: number | null | undefined): string =>
  typeof kappa === "number" ? kappa.toFixed(2).replace("-", "−") : "–";

/** Text about common items: "27 items, same class on 89 %". */
export function commonText({ items: n, same }: { items: number; same: number }): string {
  return n === 0 ? "no items in common" : `${items(n)}, same class on ${percent(same / n)}`;
}

/** Name of a person, for the reader: "Mia (you)". */
export function nameOf(person: string, { people, you }: Agreement): string {
  const name = people.find((one: Person) => one.person === person)?.name ?? person;
  return person === you ? `${name} (you)` : name;
}
