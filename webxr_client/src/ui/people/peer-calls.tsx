/** Notices about other people: their requests, and whom this page follows. */
import { useEffect } from "preact/hooks";
import { answer, forgetEnded, openCalls } from "../../state/peer-calls.js";
import { useUi } from "../kit/context.js";

export function PeerCalls() {
  const { state } = useUi();
  const { people, peers } = state;
  useEffect(() => forgetEnded(state), [peers.value, state]);
  const followed = peers.value.get(people.following.value);
  return (
    <>
      {followed && (
        <p class="glass notice" data-testid="following">
          <span>You see what {followed.name} sees.</span>
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
          <button
            type="button"
            class="button primary"
            onClick={() => {
              const goal = peer.call === "come" ? people.visiting : people.following;
              goal.value = peer.client_id;
              answer(state, peer);
            }}
          >
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
