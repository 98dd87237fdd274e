/** Dialog that lists keys and uses of the pointer. */
import { useUi } from "../kit/context.js";
import { Dialog } from "../kit/dialog.js";
import { hasTouch } from "../kit/layout.js";
import { Entry, KeyList } from "./key-list.js";
import { TOUCH_HELP } from "./key-texts.js";

export function Help() {
  const { state } = useUi();
  return (
    <Dialog
      title={hasTouch() ? "Fingers and keys" : "Keys and pointer"}
      open={state.help}
      class="keys"
    >
      <p class="big-text-line">
        <label>
          <input
            type="checkbox"
            checked={state.bigText.value}
            onChange={(event) => {
              state.bigText.value = event.currentTarget.checked;
            }}
          />{" "}
          big text
        </label>
        {(state.xr.offered.value?.size ?? 0) > 0 && <VrSenses />}
        {state.session.value && state.session.value.report.length > 0 && (
          <button
            type="button"
            class="button"
            onClick={() => {
              state.help.value = false;
              state.reportChosen.value = true;
            }}
          >
            How the data were read
          </button>
        )}
      </p>
      {hasTouch() && <Fingers />}
      {state.keys.shown.value ? (
        <KeyList />
      ) : (
        <details>
          <summary>Keys of a keyboard</summary>
          <KeyList />
        </details>
      )}
    </Dialog>
  );
}

/** Uses of fingers. */
function Fingers() {
  return (
    <dl>
      {TOUCH_HELP.map(([use, effect]) => (
        <Entry key={use} keys={use} does={effect} />
      ))}
    </dl>
  );
}

/** Switches for tones and vibration in VR. */
function VrSenses() {
  const { xr } = useUi().state;
  return (
    <>
      <Switch text="tones in VR" on={xr.tones.value} press={() => xr.switchTones()} />
      <Switch text="vibration in VR" on={xr.haptics.value} press={() => xr.switchHaptics()} />
    </>
  );
}

function Switch({ text, on, press }: { text: string; on: boolean; press: () => void }) {
  return (
    <label>
      <input type="checkbox" checked={on} onChange={press} /> {text}{" "}
    </label>
  );
}
