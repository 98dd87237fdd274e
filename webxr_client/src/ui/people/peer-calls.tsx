/** Notices about other people: their requests, and whom this page follows. */
import { accept, answer, followedPerson, openCalls } from "../../state/peer-calls.js";
import { useUi } from "../kit/context.js";

export function PeerCalls() {
  const { state } = useUi();
  const { people } = state;
  const followed = followedPerson(state);
  return (
    <>
      {followed && (
        <p class="glass notice" data-testid="following">
          <span>
            You see what <bdi>{followed.name}</bdi> sees.
          </span>
          <button
            type="button"
            class="button"
            onClick={() => {
              people.following.value = "";
            }}
          >
            Stop
          </button>
        </p>
      )}
      {openCalls(state).map((peer) => (
        <p key={peer.client_id} class="glass notice" data-testid="call">
          <span>
            <b dir="auto">{peer.name}</b>{" "}
            {peer.call === "come" ? "asks you to come." : "asks you to follow."}
          </span>
          <button type="button" class="button primary" onClick={() => accept(state, peer)}>
            {peer.call === "come" ? "Go there" : "Follow"}
          </button>
          <button type="button" class="button" onClick={() => answer(state, peer)}>
            Stay
          </button>
        </p>
      ))}
    </>
  );
}
