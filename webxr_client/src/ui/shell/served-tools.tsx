/** Tools of the bar at the top that a baked site does not have. */
import { SizeChoice } from "../classes/size-choice.js";
import { useUi } from "../kit/context.js";
import { DevicesIcon } from "../kit/icons.js";
import { PanelButton } from "../kit/panel-button.js";
import { ExportButton } from "./export-button.js";

export function ServedTools() {
  const { state, commands } = useUi();
  const session = state.session.value;
  const dimension = session ? (state.training.value?.settings.latent_dim ?? session.latent_dim) : 3;
  return (
    <>
      <SizeChoice />
      {!state.readOnly.value && !session?.tiles && (
        <div class="choice" role="group" aria-label="Dimensions of the latent space">
          {([3, 2] as const).map((d) => (
            <button
              key={d}
              type="button"
              aria-pressed={dimension === d}
              title={dimension === d ? "" : `Learn a new map with ${d} dimensions; can be undone`}
              onClick={() => dimension !== d && commands.setDimension(d)}
            >
              {d}D
            </button>
          ))}
        </div>
      )}
      {!session?.tiles && <ExportButton />}
      {session?.role === "owner" && (
        <PanelButton
          name="Headset and other devices"
          action="devices"
          class="wide-only"
          open={state.devicesOpen}
        >
          <DevicesIcon />
        </PanelButton>
      )}
    </>
  );
}
