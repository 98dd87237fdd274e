/** Requests of other people: to move to their view once, or to follow it. */
import type { AppState } from "./app-state.js";
import { type ConnectedPerson, personOf } from "./persons.js";

type Caller = Pick<ConnectedPerson, "client_id" | "call">;

/** Key of a request in `PeopleState.answered`. */
const keyOf = ({ client_id, call }: Caller): string => `${client_id} ${call}`;

/** Requests that the user has not answered. */
export function openCalls({ persons, people }: AppState): ConnectedPerson[] {
  const answered = people.answered.value;
  return persons.value.filter(
    (one) => one.call && !answered.has(keyOf(one)) && people.following.value !== one.client_id,
  );
}

/** Note that the user has answered a request. */
export function answer({ people }: AppState, caller: Caller): void {
  people.answered.value = new Set([...people.answered.peek(), keyOf(caller)]);
}

/** Do what a person asks for: move to the view of the person, or follow it. */
export function accept(state: AppState, caller: Caller): void {
  const { visiting, following } = state.people;
  visiting.value = caller.call === "come" ? caller.client_id : "";
  following.value = caller.call === "come" ? "" : caller.client_id;
  answer(state, caller);
}

/** The person whose view this page follows. */
export function followedPerson({ persons, people }: AppState): ConnectedPerson | undefined {
  const { value: id } = people.following;
  return id ? persons.value.find(({ person }) => person === personOf(id)) : undefined;
}

/** End the motion to the view of another person, because the user has chosen another view. */
export function endFollowing({ people }: AppState): void {
  people.following.value = people.visiting.value = "";
}

/**
 * Forget answers to requests that ended, so that the next request of the person is shown. A page
 * that is gone can return with its request: a headset has slept.
 */
export function forgetEnded({ peers, people }: AppState): void {
  const answered = people.answered.value;
  if (answered.size === 0) return;
  const left = [...answered].filter((key) => {
    const peer = peers.value.get(key.split(" ")[0]!);
    return !peer || keyOf({ client_id: peer.client_id, call: peer.call ?? "" }) === key;
  });
  if (left.length < answered.size) people.answered.value = new Set(left);
}
