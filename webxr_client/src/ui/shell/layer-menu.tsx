/** Menu with the switches of the layers over the map. */
import type { Signal } from "@preact/signals";
import { useUi } from "../kit/context.js";

export function LayerMenu() {
  const { state } = useUi();
  const { islands, contours, histograms, rules, menuOpen } = state.layers;
  state.sceneVersion.value;
  if (!menuOpen.value) return null;
  return (
    <section class="glass layer-menu" aria-label="Layers of the map">
      <Switch on={islands} name="Islands">
        the class and number of items of each dense place, or its most typical picture
      </Switch>
      <Switch on={contours} name="Density">
        lines that enclose 30, 60 and 90 % of the items
      </Switch>
      {state.latent.latentDim === 2 ? (
        <Switch on={histograms} name="Histograms">
          items along both edges of the map, by class
        </Switch>
      ) : (
        <p class="faint-text">A map with two dimensions also has histograms at its edges.</p>
      )}
      {state.rules.offered.value && (
        <Switch on={rules} name="Rules">
          a hull round the items of each rule, and dashed rings where votes disagree
        </Switch>
      )}
    </section>
  );
}

function Switch({ on, name, children }: { on: Signal<boolean>; name: string; children: string }) {
  return (
    <label>
      <input
        type="checkbox"
        checked={on.value}
        onChange={(event) => {
          on.value = event.currentTarget.checked;
        }}
      />
      <span>
        {name} <span class="faint-text">{children}</span>
      </span>
    </label>
  );
}
