/**
 * Card of the only selected item. It stays open while the item is selected, with the items that are
 * near the item.
 */
import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { itemNumber, post } from "../../net/api.js";
import { messageOf } from "../../net/errors.js";
import { isSite } from "../../net/site.js";
import { SHEET_SIZE, type SimilarItems } from "../../protocol/messages.js";
import { nearestItems } from "../../state/nearest-items.js";
import { keptItem } from "../../state/shown-item.js";
import { Swatch } from "../classes/swatch.js";
import { useChunk } from "../kit/chunk.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";
import { FullPicture, ItemFacts, Origin, useItemInfo } from "./item-facts.js";
import { Picture } from "./picture.js";
import type { TextLinesProps } from "./text-lines.js";

/** Number of pictures in a row, and of items in a list of texts. */
const ROW = 6;
const LINES = 4;
/** Middle of the cloud, as a share of the page's width: the right panel is wider than the tools. */
const MIDDLE = 0.41;

interface ItemCardProps {
  /** Why the item has its label; undefined on a baked site. */
  why?: ComponentType<{ item: number }>;
  /** List of texts; undefined on a baked site. */
  texts?: ComponentType<TextLinesProps>;
}

export function ItemCard({ why, texts }: ItemCardProps) {
  const { state, across } = useUi();
  const item = keptItem(state);
  const open = item >= 0;
  // The card lies on the side where it does not cover the item. It stays there while the user goes
  // from neighbour to neighbour.
  const right = useMemo(() => open && across(item) < MIDDLE, [open]);
  return open ? <Card key={item} item={item} right={right} why={why} texts={texts} /> : null;
}

const loadShapeView = () => import("./shape-view.js");

function Card({ item, right, why: Why, texts }: ItemCardProps & { item: number; right: boolean }) {
  const { state, commands, atlas } = useUi();
  state.picturesVersion.value;
  const info = useItemInfo(item);
  const hasShape = state.session.value?.shapes === true;
  const shape = useChunk(hasShape, loadShapeView, state.failure);
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
      {shape && <shape.ShapeView item={item} />}
      {info && <Origin info={info} />}
      {Why && <Why item={item} />}
      {!state.tiled.value && <Neighbours item={item} texts={texts} />}
    </section>
  );
}

/** The items that are near `item` on the map, and those that are most like it. */
function Neighbours({ item, texts }: Pick<ItemCardProps, "texts"> & { item: number }) {
  const { state } = useUi();
  // The map moves while the model learns. The neighbours stay while the card is open, so that a
  // picture does not move away from the pointer.
  const near = useMemo(() => nearestItems(state.latent, item, SHEET_SIZE), [state, item]);
  const [like, setLike] = useState<SimilarItems | null>(null);
  const [problem, setProblem] = useState("");
  const model = state.model.value;
  useEffect(() => {
    if (isSite || like) return;
    let current = true;
    setProblem("");
    // The server refuses this search while the model starts. The search is then repeated.
    post<SimilarItems>("/api/similar", { items: [item], count: SHEET_SIZE }).then(
      (answer) => current && setLike(answer),
      (error) => current && setProblem(messageOf(error)),
    );
    return () => {
      current = false;
    };
  }, [item, model]);
  if (near.length === 0) return null;
  // Without features and without a model, the server also searches on the map.
  const other = like?.items.slice(0, ROW).some((one) => !near.subarray(0, ROW).includes(one));
  return (
    <>
      <Row
        title="Nearest on the map"
        items={near.subarray(0, other ? ROW : 2 * ROW)}
        texts={texts}
      />
      {like && other && (
        <Row
          title={`Most similar, by ${like.space}`}
          items={Uint32Array.from(like.items.slice(0, ROW))}
          texts={texts}
        />
      )}
      {!state.readOnly.value &&
        (like ? (
          <SimilarActions item={item} like={like} />
        ) : (
          <p class="hint" role="status">
            {!problem
              ? "Searching for similar items…"
              : model
                ? `Similar items could not be searched: ${problem}`
                : "Similar items can be searched when the model has started."}
          </p>
        ))}
    </>
  );
}

function SimilarActions({ item, like }: { item: number; like: SimilarItems }) {
  const { commands } = useUi();
  const items = Uint32Array.from(like.items);
  return (
    <div class="item-card-actions">
      <button
        type="button"
        class="button"
        title={`Open a contact sheet of the items most like this one, by ${like.space}`}
        onClick={() => commands.sheetOfSimilar(item, items)}
      >
        Similar {items.length}
      </button>
      <button
        type="button"
        class="button"
        title={`Select this item and the items most like it, by ${like.space}`}
        onClick={() => commands.select(Uint32Array.of(item, ...items).sort())}
      >
        Select them
      </button>
    </div>
  );
}

interface RowProps extends Pick<ItemCardProps, "texts"> {
  title: string;
  items: Uint32Array;
}

/** Pictures or texts of items. A click opens the card of an item. */
function Row({ title, items, texts: Texts }: RowProps) {
  const { state, commands } = useUi();
  if (Texts && state.session.value?.text_column)
    return (
      <>
        <h3 class="faint-text">{title}</h3>
        <Texts
          items={items.subarray(0, LINES)}
          name={title}
          effect="Go to this item"
          choose={commands.pick}
        />
      </>
    );
  return (
    <>
      <h3 class="faint-text">{title}</h3>
      <div class="neighbours" role="group" aria-label={title}>
        {Array.from(items, (other) => (
          <Neighbour key={other} item={other} />
        ))}
      </div>
    </>
  );
}

function Neighbour({ item }: { item: number }) {
  const { state, commands, atlas } = useUi();
  const { labels, predictions } = state.annotations;
  const classes = state.classes.value;
  state.labelsVersion.value;
  state.predictionsVersion.value;
  const label = classes[labels[item]!];
  const info = label ?? classes[predictions[item]!];
  const words = info
    ? `, ${label ? "labelled" : "predicted"} ${info.name}`
    : ", no label, no prediction";
  return (
    <button
      type="button"
      class="neighbour"
      data-item={item}
      aria-label={`item ${itemNumber(item)}${words}`}
      onClick={() => commands.pick(item)}
      onPointerEnter={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        state.hovered.value = { item, x: box.right, y: box.top };
      }}
      onPointerLeave={() => {
        state.hovered.value = null;
      }}
    >
      {atlas.current ? (
        <Picture item={item} size={42} />
      ) : (
        <span class="cell-text">{itemNumber(item)}</span>
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
}
