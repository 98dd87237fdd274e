/** Dialog that lists keys and uses of the pointer. */
import { POINTER_HELP } from "../../interaction/keyboard.js";
import { useUi } from "../kit/context.js";
import { Dialog } from "../kit/dialog.js";

export function Help() {
  const { state, actions } = useUi();
  return (
    <Dialog title="Keys and pointer" open={state.help} class="keys">
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
      <dl>
        {POINTER_HELP.map(([keys, does]) => (
          <Entry key={keys} keys={keys} does={does} />
        ))}
        {actions.map((action) => (
          <Entry key={action.keys} keys={action.keys} does={action.does} />
        ))}
      </dl>
    </Dialog>
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

function Entry({ keys, does }: { keys: string; does: string }) {
  return (
    <div>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
