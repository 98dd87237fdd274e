/** The owner's view of other devices: addresses, requests for access, and approved devices. */
import { useEffect, useState } from "preact/hooks";
import { blockAddress, decideAccess, makePairingCode, revokeAccess } from "../../net/api.js";
import { messageOf } from "../../net/errors.js";
import type { Access, Device, PairingCode, WaitingDevice } from "../../protocol/messages.js";
import { gestureText, newestOf } from "../../state/undo-choice.js";
import { useUi } from "../kit/context.js";
import { Dialog } from "../kit/dialog.js";

/**
 * Return `[run, error]`. `run` waits for the answer to a request and stores it in the state.
 * `error` is the error message of the newest request; "" without an error.
 */
function useAccess(): [(request: Promise<Access>) => void, string] {
  const { state } = useUi();
  const [error, setError] = useState("");
  const run = (request: Promise<Access>) => {
    setError("");
    request.then(
      (access) => {
        state.access.value = access;
      },
      (reason: unknown) => setError(messageOf(reason)),
    );
  };
  return [run, error];
}

/** Requests for access. Each request is shown above the cloud until the owner has decided. */
export function WaitingDevices() {
  const { state } = useUi();
  const [run, error] = useAccess();
  const waiting = state.access.value?.waiting ?? [];
  if (waiting.length === 0) return null;
  return (
    <>
      {waiting.map((device) => (
        <WaitingLine key={device.request} device={device} run={run} />
      ))}
      {error && <p class="glass notice warm">{error}</p>}
    </>
  );
}

function WaitingLine({
  device,
  run,
}: {
  device: WaitingDevice;
  run: (request: Promise<Access>) => void;
}) {
  const decide = (role?: Device["role"]) =>
    run(decideAccess({ request: device.request, ...(role ? { role } : {}) }));
  return (
    <div class="glass notice waiting" data-testid="waiting">
      <b class="waiting-code">{device.code}</b>
      <span>
        {device.name}{" "}
        <span class="muted">at {device.address} requests access. Does it show this code?</span>
      </span>
      <span class="waiting-actions">
        <button type="button" class="button primary" onClick={() => decide("annotator")}>
          Allow to label
        </button>
        <button type="button" class="button" onClick={() => decide("viewer")}>
          Allow to view
        </button>
        <button
          type="button"
          class="button"
          title="This is my own device: it gets the rights of this page, and can undo all gestures"
          onClick={() => decide("owner")}
        >
          It is mine
        </button>
        <button type="button" class="button" onClick={() => decide()}>
          Deny
        </button>
        <button
          type="button"
          class="button"
          title={`Deny all requests from ${device.address} until you unblock this address`}
          onClick={() => run(blockAddress(device.address, true))}
        >
          Block address
        </button>
      </span>
    </div>
  );
}

export function DevicesDialog() {
  const { state } = useUi();
  const access = state.access.value;
  return (
    <Dialog title="Headset and other devices" open={state.devicesOpen} class="devices">
      {access && access.addresses.length > 0 ? <Reachable access={access} /> : <OnlyHere />}
    </Dialog>
  );
}

function OnlyHere() {
  return (
    <div class="prose">
      <p>
        This server accepts connections from this computer only. To use a headset, a tablet or
        another computer, stop the server and start it with
      </p>
      <pre>lodespace serve --lan</pre>
      <p>
        or connect a headset by cable, run{" "}
        <code>
          adb reverse tcp:{location.port} tcp:{location.port}
        </code>{" "}
        and open <code>localhost:{location.port}</code> in its browser.
      </p>
    </div>
  );
}

function Reachable({ access }: { access: Access }) {
  const [run, error] = useAccess();
  const [first, ...others] = access.addresses;
  return (
    <>
      <div class="reach">
        <img
          class="qr"
          src="/api/access/qr.svg"
          alt={`QR code of ${first}`}
          width="132"
          height="132"
        />
        <div>
          <p class="muted">Open in the headset's browser:</p>
          <p class="address">{first?.replace(/\/$/, "")}</p>
          {others.length > 0 && (
            <p class="faint-text">
              or {others.map((address) => address.replace(/\/$/, "")).join(", ")}
            </p>
          )}
          <p class="muted">
            The browser warns once about an unknown certificate: choose Advanced, then Proceed. The
            device then shows a code. Allow the same code here.
          </p>
        </div>
      </div>
      <details>
        <summary class="muted">Is this the right computer? Compare the certificate</summary>
        <p class="fingerprint">{access.fingerprint}</p>
      </details>
      <Code />
      <h3>Approved devices</h3>
      {access.devices.length === 0 && <p class="hint">No device yet.</p>}
      <ul class="device-list">
        {access.devices.map((device) => (
          <DeviceRow
            key={device.device}
            device={device}
            revoke={() => run(revokeAccess(device.device))}
          />
        ))}
      </ul>
      {access.blocked && access.blocked.length > 0 && <h3>Blocked addresses</h3>}
      <ul class="device-list">
        {access.blocked?.map((address) => (
          <li key={address}>
            <i class="dot" aria-hidden="true" />
            <span>{address}</span>
            <span class="muted">requests are denied</span>
            <button
              type="button"
              class="button"
              onClick={() => run(blockAddress(address, false))}
              aria-label={`Unblock ${address}`}
            >
              Unblock
            </button>
          </li>
        ))}
      </ul>
      <p class="refusal" role="alert">
        {error}
      </p>
    </>
  );
}

const MAY = { viewer: "can view", annotator: "can label", owner: "own device" } as const;

function DeviceRow({ device, revoke }: { device: Device; revoke: () => void }) {
  const { state, commands } = useUi();
  const newest = newestOf(device.device, state.history.value.gestures);
  return (
    <li>
      <i class={device.connected > 0 ? "dot on" : "dot"} aria-hidden="true" />
      <span>
        {device.name} <span class="muted">at {device.address}</span>
      </span>
      <span class="muted">
        {MAY[device.role]}
        {device.connected > 0 ? ", connected" : ""}
      </span>
      {newest && (
        <button
          type="button"
          class="button"
          title={`Undo its newest gesture: ${gestureText(newest, state.classes.value)}`}
          aria-label={`Undo the newest gesture of ${device.name}`}
          onClick={() => commands.undoOf(newest)}
        >
          Undo last gesture
        </button>
      )}
      <button
        type="button"
        class="button"
        onClick={revoke}
        aria-label={`Revoke access of ${device.name}`}
      >
        Revoke
      </button>
    </li>
  );
}

function Code() {
  const [made, setMade] = useState<PairingCode | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    if (!made) return;
    const timer = window.setTimeout(() => setMade(null), made.expires_in * 1000);
    return () => window.clearTimeout(timer);
  }, [made]);
  const make = (role: "annotator" | "viewer") => {
    setError("");
    makePairingCode(role).then(setMade, (reason: unknown) => setError(messageOf(reason)));
  };
  return (
    <div class="pairing">
      {made ? (
        <p>
          <b class="pairing-code">{made.code}</b>{" "}
          <span class="muted">
            allows one device to {made.role === "viewer" ? "view" : "label"}. The code can be used
            once, within {Math.round(made.expires_in / 60)} minutes.
          </span>
        </p>
      ) : (
        <p class="muted">
          Or create a pairing code:{" "}
          <button type="button" class="button" onClick={() => make("annotator")}>
            for labelling
          </button>{" "}
          <button type="button" class="button" onClick={() => make("viewer")}>
            for viewing
          </button>
        </p>
      )}
      <p class="refusal" role="alert">
        {error}
      </p>
    </div>
  );
}
