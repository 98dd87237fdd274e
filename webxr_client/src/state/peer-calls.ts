/** Requests of other people: to move to their view once, or to follow it. */
import type { PeerMoved } from "../protocol/messages.js";
import type { AppState } from "./app-state.js";

/** Key of a request in `PeopleState.answered`. */
const keyOf = ({ client_id, call }: PeerMoved): string => `${client_id} ${call}`;

/** Requests that the user has not answered. */
export function openCalls({ peers, people }: AppState): PeerMoved[] {
  const answered = people.answered.value;
  return [...peers.value.values()].filter(
    (peer) => peer.call && !answered.has(keyOf(peer)) && people.following.value !== peer.client_id,
  );
}

/** Note that the user has answered a request. */
export function answer({ people }: AppState, peer: PeerMoved): void {
  people.answered.value = new Set([...people.answered.peek(), keyOf(peer)]);
}

/** Forget answers to requests that ended, so that the next request of the person is shown. */
export function forgetEnded({ peers, people }: AppState): void {
  const known = new Set([...peers.value.values()].map(keyOf));
  const left = [...people.answered.peek()].filter((key) => known.has(key));
  if (left.length < people.answered.peek().size) people.answered.value = new Set(left);
}
