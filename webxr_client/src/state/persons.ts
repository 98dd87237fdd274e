/** The other people who are connected, each with one of their pages. */
import type { PeerMoved } from "../protocol/messages.js";

/** A person who is connected. These values change rarely, and not with each motion. */
export interface ConnectedPerson {
  /** Id of the device of the person; "owner" for pages of the owner. */
  person: string;
  /** Client id of the page of the person: a page with a request, or else the oldest page. */
  client_id: string;
  name: string;
  /** Number of the colour of the person. */
  colour: number;
  /** Request of the person to the others. */
  call: NonNullable<PeerMoved["call"]>;
}

/** The person to whom a client belongs: a device, or "owner" for pages of the owner. */
export function personOf(clientId: string): string {
  const dot = clientId.indexOf(".");
  return dot < 0 ? "owner" : clientId.slice(0, dot);
}

/** Return the people to whom `peers` belong, in the order of their first pages. */
export function personsOf(peers: ReadonlyMap<string, PeerMoved>): ConnectedPerson[] {
  const found = new Map<string, ConnectedPerson>();
  for (const { client_id, name, colour = 0, call = "" } of peers.values()) {
    const person = personOf(client_id);
    if (!found.has(person) || (call && !found.get(person)!.call))
      found.set(person, { person, client_id, name, colour, call });
  }
  return [...found.values()];
}

/** Largest number of characters of a name in the scene. */
const MOST_CHARACTERS = 24;

/** The name; a longer name is cut, and ends with an ellipsis. */
export function shortName(name: string): string {
  const characters = Array.from(name);
  return characters.length <= MOST_CHARACTERS
    ? name
    : `${characters.slice(0, MOST_CHARACTERS - 1).join("")}…`;
}
