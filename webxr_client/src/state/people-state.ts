/** State of the people: who they are, how far their labels agree, and what they do now. */
import { type Signal, signal } from "@preact/signals";
import type { Agreement, PeerMoved, PeerSelected } from "../protocol/messages.js";

/** Colours of people. `PeerMoved.colour` is an index, modulo their number. */
export const PEER_COLOURS = ["#7cc7ff", "#ffb36b", "#8fe3b5", "#e7a6ff", "#f4e04d"];

/** Colour of the person with this number. */
export const peerColour = (number = 0): string => PEER_COLOURS[number % PEER_COLOURS.length]!;

export class PeopleState {
  /** Newest answer of the server; null before it. */
  readonly agreement: Signal<Agreement | null> = signal(null);
  /** Whether the panel is open. */
  readonly open: Signal<boolean> = signal(false);
  /** Items that are selected on other pages, by client id. */
  readonly selections: Signal<ReadonlyMap<string, PeerSelected>> = signal(new Map());
  /** Request of this page to the other people: to move to its view, or to follow it. */
  readonly call: Signal<NonNullable<PeerMoved["call"]>> = signal("");
  /** Client id of the page whose view this page follows; "" for none. */
  readonly following: Signal<string> = signal("");
  /** Client id of a page to whose view this page moves once; "" for none. */
  readonly visiting: Signal<string> = signal("");
  /** Requests of others that the user has answered, as client id and request. */
  readonly answered: Signal<ReadonlySet<string>> = signal(new Set());
}
