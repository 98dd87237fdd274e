/** Bar at the top: counts, search, colours, dimensions and devices. */
import type { ComponentChildren } from "preact";
import { isSite } from "../../net/site.js";
import { count, percent } from "../../state/format.js";
import type { ActionId } from "../../state/key-map.js";
import { knownBriefly, knownInstead, range, rightTitle } from "../../state/quality-text.js";
import { ColourChoice, ColourSelect, SizeChoice } from "../classes/colour-choice.js";
import { useUi } from "../kit/context.js";
import { DevicesIcon, MoonIcon, SilentIcon, SoundIcon, SunIcon } from "../kit/icons.js";
import { withKey } from "../kit/key-hint.js";
import { toggleTheme } from "../kit/theme.js";
import { SearchBox } from "../selection/search-box.js";
import { EnterXr } from "./enter-xr.js";
import { ExportButton } from "./export-button.js";
import { LinkButton } from "./link-button.js";

export function TopBar() {
  const { state, commands } = useUi();
  const session = state.session.value;
  const quality = state.review.quality.value;
  const right = quality?.right ?? null;
  const instead = knownBriefly(quality);
  const dimension = session ? (state.training.value?.settings.latent_dim ?? session.latent_dim) : 3;
  return (
    <header class="glass top-bar">
      <h1>lodespace</h1>
      {session && (
        <p class="counts">
          <span class="dataset">{session.dataset}</span>
          <span class="muted">
            <span class="n-items">
              {count(session.n_items)} items{!state.tiled.value && " · "}
            </span>
            {!state.tiled.value && (
              <strong data-testid="labelled">{count(state.labelled.value)} labelled</strong>
            )}
            {(right !== null || instead) && (
              <span
                class="accuracy"
                data-testid="right"
                title={right === null ? knownInstead(quality) : rightTitle(quality)}
              >
                {" · "}
                {right === null ? (
                  instead
                ) : (
                  <>
                    <strong>
                      {quality?.right_interval ? range(quality.right_interval) : percent(right)}
                    </strong>
                    {" right"}
                    <span class="held-out"> (estimated)</span>
                  </>
                )}
              </span>
            )}
          </span>
          {session.read_only && <span class="tag">baked · read-only</span>}
          {!session.read_only && session.role === "viewer" && <span class="tag">view only</span>}
        </p>
      )}
      <span class="spring" />
      <SearchBox />
      <ColourChoice />
      <ColourSelect class="narrow-only" />
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
      {!isSite && !session?.tiles && <ExportButton />}
      {session?.role === "owner" && (
        <PanelButton
          name="Headset and other devices"
          action="devices"
          class="wide-only"
          isOpen={state.devicesOpen.value}
          setOpen={(open) => {
            state.devicesOpen.value = open;
          }}
        >
          <DevicesIcon />
        </PanelButton>
      )}
      {!session?.tiles && <LinkButton />}
      <EnterXr />
      {session?.item_kind === "sound" && (
        <button
          type="button"
          class="button icon wide-only"
          title={withKey("Play the sound of the item under the pointer", state.keys.text("sound"))}
          aria-label="Play the sound of the item under the pointer"
          aria-pressed={state.sound.value}
          onClick={() => {
            state.sound.value = !state.sound.value;
          }}
        >
          {state.sound.value ? <SoundIcon /> : <SilentIcon />}
        </button>
      )}
      <button
        type="button"
        class="button icon wide-only"
        title="Light or dark theme"
        aria-label="Light or dark theme"
        onClick={() => toggleTheme(state.theme)}
      >
        {state.theme.value === "dark" ? <SunIcon /> : <MoonIcon />}
      </button>
      {session && session.report.length > 0 && (
        <PanelButton
          name="How the data were read"
          action="report"
          class="report-button"
          isOpen={state.reportOpen.value}
          setOpen={(open) => {
            state.reportChosen.value = open;
          }}
        >
          <i>i</i>
        </PanelButton>
      )}
      <PanelButton
        name="Keys and pointer"
        action="help"
        isOpen={state.help.value}
        setOpen={(open) => {
          state.help.value = open;
        }}
      >
        ?
      </PanelButton>
    </header>
  );
}

interface PanelButtonProps {
  name: string;
  action: ActionId;
  class?: string;
  isOpen: boolean;
  setOpen: (open: boolean) => void;
  children: ComponentChildren;
}

/** Button that opens or closes a panel. */
function PanelButton(props: PanelButtonProps) {
  const { name, isOpen } = props;
  return (
    <button
      type="button"
      class={`button icon ${props.class ?? ""}`}
      title={withKey(name, useUi().state.keys.text(props.action))}
      aria-label={name}
      aria-expanded={isOpen}
      onClick={() => props.setOpen(!isOpen)}
    >
      {props.children}
    </button>
  );
}
