/** Actions of the tiles about other people: follow one of them, and ask them to come or follow. */
import type { TileAction } from "../../../scene/xr/boards/palette-layout.js";
import type { AppState } from "../../../state/app-state.js";
import { accept, answer, followedPerson, openCalls } from "../../../state/peer-calls.js";

/** Run an action about people. */
export function runPeopleTile(action: TileAction, state: AppState): void {
  switch (action.kind) {
    case "person":
      pressPerson(action.clientId, state);
      break;
    case "come":
      ask("come", "The others are asked to come to your view.", state);
      break;
    case "lead":
      ask("follow", "The others are asked to follow you. Touch again to end this.", state);
      break;
    case "stay":
      for (const person of openCalls(state)) answer(state, person);
  }
}

/** Do what a person asks for. Without a request, follow the person, or stop following. */
function pressPerson(clientId: string, state: AppState): void {
  const { people, persons, xr } = state;
  const person = persons.peek().find(({ client_id }) => client_id === clientId);
  if (!person) return;
  const asks = openCalls(state).includes(person);
  if (!asks && followedPerson(state) === person) {
    people.following.value = "";
    return;
  }
  if (asks) accept(state, person);
  else people.following.value = clientId;
  if (people.following.peek() === clientId)
    xr.message.value = `The cloud follows ${person.name}, until you grab it.`;
}

/** Switch a request to the others on or off. */
function ask(call: "come" | "follow", message: string, { people, xr }: AppState): void {
  people.call.value = people.call.peek() === call ? "" : call;
  if (people.call.peek()) xr.message.value = message;
}
