/** Bar at the top: counts, search, colours, and tools of a page with a server. */
import type { ComponentType } from "preact";
import { count, percent } from "../../state/format.js";
import { knownBriefly, knownInstead, range, rightTitle } from "../../state/quality-text.js";
import { ColourChoice, ColourSelect } from "../classes/colour-choice.js";
import { useUi } from "../kit/context.js";
import { MoonIcon, SilentIcon, SoundIcon, SunIcon } from "../kit/icons.js";
import { IconButton, PanelButton } from "../kit/panel-button.js";
import { toggleTheme } from "../kit/theme.js";
import { SearchBox } from "../selection/search-box.js";
import { EnterXr } from "./enter-xr.js";
import { LinkButton } from "./link-button.js";

interface TopBarProps {
  /** Tools of a page with a server; undefined on a baked site. */
  tools?: ComponentType;
}

export function TopBar({ tools: Tools }: TopBarProps) {
  const { state } = useUi();
  const session = state.session.value;
  const quality = state.review.quality.value;
  const right = quality?.right ?? null;
  const instead = knownBriefly(quality);
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
      {Tools && <Tools />}
      {!session?.tiles && <LinkButton />}
      <EnterXr />
      {session?.item_kind === "sound" && (
        <IconButton
          name="Play the sound of the item under the pointer"
          action="sound"
          class="wide-only"
          aria-pressed={state.sound.value}
          onClick={() => {
            state.sound.value = !state.sound.value;
          }}
        >
          {state.sound.value ? <SoundIcon /> : <SilentIcon />}
        </IconButton>
      )}
      <IconButton
        name="Light or dark theme"
        class="wide-only"
        onClick={() => toggleTheme(state.theme)}
      >
        {state.theme.value === "dark" ? <SunIcon /> : <MoonIcon />}
      </IconButton>
      {session && session.report.length > 0 && (
        <PanelButton
          name="How the data were read"
          action="report"
          class="report-button"
          open={state.reportOpen}
          chosen={state.reportChosen}
        >
          <i>i</i>
        </PanelButton>
      )}
      <PanelButton name="Keys and pointer" action="help" open={state.help}>
        ?
      </PanelButton>
    </header>
  );
}
