/**
 * Page of a device without access: the code of the device, and a pad to enter a pairing code. Text
 * and keys are large enough for a headset.
 */

import { useState } from "preact/hooks";
import { checkUrl } from "../../net/api.js";
import { messageOf } from "../../net/errors.js";
import { MAX_NAME_LENGTH } from "../../protocol/messages.js";
import type { Pairing } from "../../state/app-state.js";
import { keepPersonName, personName } from "../../state/person-name.js";
import { useUi } from "../kit/context.js";

/** Crockford's base 32, the alphabet of pairing codes. */
const KEYS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 8;

export function PairingPage({ pairing }: { pairing: Pairing }) {
  const [typing, setTyping] = useState(false);
  return (
    <section class="pairing-page" aria-label="Pair this device">
      <h1>lodespace</h1>
      <label class="pairing-page-name">
        Your name, for the other people{" "}
        <input
          type="text"
          maxLength={MAX_NAME_LENGTH}
          autocomplete="nickname"
          defaultValue={personName()}
          onInput={(event) => keepPersonName(event.currentTarget.value)}
        />
      </label>
      {typing ? <CodePad back={() => setTyping(false)} /> : <Asking pairing={pairing} />}
      {!typing && (
        <button type="button" class="button large" onClick={() => setTyping(true)}>
          Enter a pairing code
        </button>
      )}
      <p class="faint-text">
        <a href={checkUrl}>Can this browser do VR?</a>
      </p>
    </section>
  );
}

function Asking({ pairing }: { pairing: Pairing }) {
  const { commands } = useUi();
  switch (pairing.state) {
    case "waiting":
      return (
        <>
          <p class="pairing-page-line">Ask the owner to allow this device. Its code is</p>
          <p class="pairing-page-code" data-testid="device-code">
            {pairing.code}
          </p>
          <p class="muted">
            The owner's page shows the same code. This page continues by itself once the owner has
            allowed this device.
          </p>
        </>
      );
    case "denied":
    case "revoked":
      return (
        <>
          <p class="pairing-page-line">
            {pairing.state === "denied"
              ? "The owner did not allow this device."
              : "The owner revoked this device's access. Labels made so far are saved."}
          </p>
          <button type="button" class="button primary large" onClick={commands.requestAccess}>
            Ask again
          </button>
        </>
      );
    case "failed":
      return (
        <>
          <p class="pairing-page-line">{pairing.message}</p>
          <p class="muted">Trying again in a few seconds.</p>
        </>
      );
    default:
      return <p class="pairing-page-line">Requesting access…</p>;
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
      setError(messageOf(reason));
    });
  };
  const shown = code.padEnd(CODE_LENGTH, "_");
  return (
    <>
      <p class="pairing-page-line">Enter the pairing code</p>
      <p class="pairing-page-code small" aria-live="polite">
        {shown.slice(0, 4)} {shown.slice(4)}
      </p>
      <p class="refusal" role="alert">
        {error}
      </p>
      <div class="code-pad" role="group" aria-label="Keys for the code">
        {Array.from(KEYS, (key) => (
          <button key={key} type="button" onClick={() => press(key)}>
            {key}
          </button>
        ))}
      </div>
      <div class="pairing-page-actions">
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
