/** What a device sees that was not let in yet: its code to compare, and a pad for a pairing code. Made to be read and pressed in a headset. */

import { useState } from "preact/hooks";
import { checkUrl } from "../../net/api.js";
import type { Door } from "../../state/app-state.js";
import { useUi } from "../kit/context.js";

/** Crockford's base 32, as server/access.py makes codes of. */
const KEYS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 8;

export function DoorPage({ door }: { door: Door }) {
  const [typing, setTyping] = useState(false);
  return (
    <section class="door" aria-label="Before the door">
      <h1>lodespace</h1>
      {typing ? <CodePad back={() => setTyping(false)} /> : <Asking door={door} />}
      {!typing && (
        <button type="button" class="button large" onClick={() => setTyping(true)}>
          I was told a pairing code
        </button>
      )}
      <p class="faint-text">
        <a href={checkUrl}>Can this browser do VR?</a>
      </p>
    </section>
  );
}

function Asking({ door }: { door: Door }) {
  const { commands } = useUi();
  switch (door.state) {
    case "waiting":
      return (
        <>
          <p class="door-line">Ask the owner to allow this device. It shows</p>
          <p class="door-code" data-testid="door-code">
            {door.code}
          </p>
          <p class="muted">
            The same code stands on the owner's page. This page goes on by itself once it is
            allowed.
          </p>
        </>
      );
    case "denied":
    case "revoked":
      return (
        <>
          <p class="door-line">
            {door.state === "denied"
              ? "The owner did not allow this device."
              : "The owner has shut this device out. Labels made so far are saved."}
          </p>
          <button type="button" class="button primary large" onClick={commands.askToComeIn}>
            Ask again
          </button>
        </>
      );
    case "failed":
      return (
        <>
          <p class="door-line">{door.message}</p>
          <p class="muted">Trying again in a few seconds.</p>
        </>
      );
    default:
      return <p class="door-line">Asking to be let in…</p>;
  }
}

function CodePad({ back }: { back: () => void }) {
  const { commands } = useUi();
  const [code, setCode] = useState("");
  const [error, setError] = useState("");
  const press = (key: string) => {
    const next = code + key;
    setError("");
    setCode(next);
    if (next.length < CODE_LENGTH) return;
    commands.enterCode(next).catch((reason: unknown) => {
      setCode("");
      setError(reason instanceof Error ? reason.message : String(reason));
    });
  };
  const shown = code.padEnd(CODE_LENGTH, "_");
  return (
    <>
      <p class="door-line">The pairing code</p>
      <p class="door-code small" aria-live="polite">
        {shown.slice(0, 4)} {shown.slice(4)}
      </p>
      <p class="refusal" role="alert">
        {error}
      </p>
      <div class="code-pad" role="group" aria-label="Keys of the code">
        {Array.from(KEYS, (key) => (
          <button key={key} type="button" onClick={() => press(key)}>
            {key}
          </button>
        ))}
      </div>
      <div class="door-actions">
        <button type="button" class="button large" onClick={back}>
          Back
        </button>
        <button
          type="button"
          class="button large"
          disabled={code.length === 0}
          onClick={() => setCode(code.slice(0, -1))}
        >
          Delete
        </button>
      </div>
    </>
  );
}
