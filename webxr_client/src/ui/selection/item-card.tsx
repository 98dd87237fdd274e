/**
 * Card of the only selected item. It stays open while the item is selected, with the items that are
 * near the item.
 */
import { useMemo } from "preact/hooks";
import { itemNumber } from "../../net/api.js";
import { SHEET_SIZE } from "../../protocol/messages.js";
import { nearestItems } from "../../state/nearest-items.js";
import { keptItem } from "../../state/shown-item.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";
import { FullPicture, ItemFacts, Origin, useItemInfo } from "./item-facts.js";
import { Picture } from "./picture.js";

/** Number of neighbours on the card. */
const SHOWN = 12;
/** Middle of the cloud, as a share of the page's width: the right panel is wider than the tools. */
const MIDDLE = 0.41;

export function ItemCard() {
  const { state, across } = useUi();
  const item = keptItem(state);
  const open = item >= 0;
  // The card lies on the side where it does not cover the item. It stays there while the user goes
  // from neighbour to neighbour.
  const right = useMemo(() => open && across(item) < MIDDLE, [open]);
  return open ? <Card key={item} item={item} right={right} /> : null;
}

function Card({ item, right }: { item: number; right: boolean }) {
  const { state, commands, atlas } = useUi();
  state.picturesVersion.value;
  const info = useItemInfo(item);
  return (
    <section class={right ? "glass item-card right" : "glass item-card"} aria-label="Item card">
      <div class="panel-title">
        <h2>Item</h2>
        <button type="button" class="link" onClick={commands.clearSelection}>
          Close <KeyHint action="close" />
        </button>
      </div>
      <div class="item-card-facts">
        {atlas.current && (
          <div class="hover-picture">
            <Picture item={item} size={96} />
            <FullPicture item={item} />
          </div>
        )}
        <ItemFacts item={item} info={info} />
      </div>
      {info && <Origin info={info} />}
      {!state.tiled.value && <Neighbours item={item} />}
    </section>
  );
}

/** Pictures of the items that are nearest to `item`. A click opens the card of a neighbour. */
function Neighbours({ item }: { item: number }) {
  const { state, commands, atlas } = useUi();
  // The map moves while the model learns. The neighbours stay while the card is open, so that a
  // picture does not move away from the pointer.
  const near = useMemo(() => nearestItems(state.latent, item, SHEET_SIZE), [state, item]);
  if (near.length === 0) return null;
  const { labels, predictions } = state.annotations;
  const classes = state.classes.value;
  state.labelsVersion.value;
  state.predictionsVersion.value;
  const unlook = () => {
    state.hovered.value = null;
  };
  return (
    <>
      <h3 class="faint-text">Nearest on the map</h3>
      <div class="neighbours" role="group" aria-label="Nearest on the map">
        {Array.from(near.subarray(0, SHOWN), (other) => {
          const label = classes[labels[other]!];
          const info = label ?? classes[predictions[other]!];
          const words = info
            ? `, ${label ? "labelled" : "predicted"} ${info.name}`
            : ", no label, no prediction";
          const look = (event: Event) => {
            const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
            state.hovered.value = { item: other, x: box.right, y: box.top };
          };
          return (
            <button
              key={other}
              type="button"
              class="neighbour"
              data-item={other}
              aria-label={`item ${itemNumber(other)}${words}`}
              onClick={() => commands.pick(other)}
              onPointerEnter={look}
              onPointerLeave={unlook}
            >
              {atlas.current ? (
                <Picture item={other} size={42} />
              ) : (
                <span class="cell-text">{itemNumber(other)}</span>
              )}
              {info ? (
                <Swatch
                  class={label ? "cell-bar" : "cell-bar predicted"}
                  colour={info.colour}
                  of={info.class_id}
                />
              ) : (
                <span class="cell-bar none" />
              )}
            </button>
          );
        })}
      </div>
      {!state.readOnly.value && (
        <div class="item-card-actions">
          <button
            type="button"
            class="button"
            title="Open a contact sheet of the nearest items"
            onClick={() => commands.sheetOfSimilar(item, near)}
          >
            Similar {near.length}
          </button>
          <button
            type="button"
            class="button"
            title="Select this item and the nearest items on the map"
            onClick={() => commands.select(Uint32Array.of(item, ...near).sort())}
          >
            Select them
          </button>
        </div>
      )}
    </>
  );
}
