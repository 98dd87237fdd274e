/**
 * Table of items. It keeps its items while other items are selected in the table or on the map, so
 * that rows can be looked at one by one.
 */
import { useMemo, useRef, useState } from "preact/hooks";
import { fetchRanks, itemNumber } from "../../net/api.js";
import { messageOf } from "../../net/errors.js";
import type { ItemInfo } from "../../protocol/messages.js";
import { items as itemsText, percent } from "../../state/format.js";
import { type SortBy, sortedItems } from "../../state/table-order.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";
import { useHeight, useListWindow } from "../kit/list-window.js";
import { useItemInfos } from "../selection/item-infos.js";
import { Picture } from "../selection/picture.js";

/** Largest number of columns of the data. */
const MOST_COLUMNS = 8;
/** Rank of items without a value. */
const NO_VALUE = 0xffffffff;
/** Largest number of rows: browsers draw no element that is much higher. */
const MOST_ROWS = 500_000;

interface Sorting {
  by: SortBy;
  down: boolean;
  /** Rank per item, for sorting by a column of the data. */
  ranks: Uint32Array | null;
}

const nameOf = (by: SortBy) => (typeof by === "string" ? by : `column ${by.column}`);

export function ItemTable() {
  const { state } = useUi();
  const items = state.table.value;
  return items && !state.review.sheet.value ? <Table items={items} /> : null;
}

function Table({ items }: { items: Uint32Array }) {
  const { state, commands } = useUi();
  const body = useRef<HTMLDivElement>(null);
  const [sorting, setSorting] = useState<Sorting>({ by: "item", down: false, ranks: null });
  const [problem, setProblem] = useState("");
  const [anchor, setAnchor] = useState(-1);
  /** Sequence number of the newest click on a name. Answers to earlier clicks are ignored. */
  const asked = useRef(0);
  state.labelsVersion.value;
  state.predictionsVersion.value;
  // Labels and predictions change the order only when the user sorts again: a row must not move
  // away from the pointer.
  const order = useMemo(
    () => sorted(items, sorting, state.annotations),
    [items, sorting, state.review.blind.value],
  );
  const { first, end, height } = useListWindow(body, order.length);
  const shown = Array.from(order.subarray(first, end));
  const rows = useItemInfos(shown);
  const known = shown.map((item) => rows.get(item)).find((row) => row) ?? firstOf(rows);
  const text = state.session.value?.text_column;
  const names = (known?.columns ?? []).map(({ name }) => name);
  if (text) names.sort((a, b) => Number(b === text) - Number(a === text));
  const columns = names.slice(0, MOST_COLUMNS);
  const chosen = state.selection.value.items;
  const selected = useMemo(() => new Set(chosen), [chosen]);
  const sort = async (by: SortBy) => {
    const down = nameOf(sorting.by) === nameOf(by) && !sorting.down;
    setProblem("");
    const mine = ++asked.current;
    try {
      const ranks = by === "id" || typeof by !== "string" ? await fetchRanks(by) : null;
      if (mine === asked.current) setSorting({ by, down, ranks });
    } catch (error) {
      if (mine === asked.current) setProblem(`The table could not be sorted: ${messageOf(error)}`);
    }
  };
  const choose = (item: number, event: MouseEvent) => {
    const at = order.indexOf(item);
    if (event.shiftKey && anchor >= 0) {
      const [from, to] = [Math.min(anchor, at), Math.max(anchor, at)];
      commands.select(order.slice(from, to + 1).sort());
      return;
    }
    setAnchor(at);
    if (event.ctrlKey || event.metaKey) {
      const changed = new Set(selected);
      if (!changed.delete(item)) changed.add(item);
      commands.select(Uint32Array.from(changed).sort());
    } else commands.pick(item);
  };
  const inTable = useMemo(
    () => items.filter((item) => selected.has(item)).length,
    [items, selected],
  );
  const head = { sorting, sort };
  return (
    <section class="glass item-table" aria-label="Table">
      <div class="panel-title">
        <h2>
          Table <b>{itemsText(items.length)}</b>
        </h2>
        <p class="muted" role="status">
          {problem || (inTable > 0 && inTable < items.length && `${itemsText(inTable)} selected`)}
        </p>
        <button type="button" class="link" onClick={() => commands.select(items)}>
          Select all
        </button>
        <button
          type="button"
          class="link"
          onClick={() => {
            state.table.value = null;
          }}
        >
          Close <KeyHint action="close" />
        </button>
      </div>
      <div ref={body} class="table-body">
        <table aria-rowcount={order.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              <Head by="item" {...head} />
              <Head by="id" {...head} />
              <Head by="label" {...head} />
              <Head by="prediction" {...head} />
              <Head by="confidence" {...head} />
              {columns.map((column) => (
                <Head key={column} by={{ column }} {...head} />
              ))}
            </tr>
          </thead>
          <tbody>
            <Space height={first * height} />
            {shown.map((item, k) => (
              <Row
                key={item}
                item={item}
                place={first + k}
                info={rows.get(item)}
                columns={columns}
                selected={selected.has(item)}
                onChoose={choose}
              />
            ))}
            <Space height={(order.length - end) * height} />
          </tbody>
        </table>
      </div>
      {items.length > MOST_ROWS && (
        <p class="hint">The table shows the first {itemsText(MOST_ROWS)}.</p>
      )}
    </section>
  );
}

const firstOf = (rows: ReadonlyMap<number, ItemInfo>): ItemInfo | undefined => {
  for (const row of rows.values()) return row;
  return undefined;
};

/** The items of a table in the order of its rows. */
function sorted(
  items: Uint32Array,
  { by, down, ranks }: Sorting,
  annotations: { labels: Int16Array; predictions: Int16Array; confidence: Uint8Array },
): Uint32Array {
  const classOf = (classId: number) => (classId < 0 ? NO_VALUE : classId);
  const { labels, predictions, confidence } = annotations;
  const rankOf = ranks
    ? (item: number) => ranks[item]!
    : by === "label"
      ? (item: number) => classOf(labels[item]!)
      : by === "prediction"
        ? (item: number) => classOf(predictions[item]!)
        : by === "confidence"
          ? (item: number) => (predictions[item]! < 0 ? NO_VALUE : confidence[item]!)
          : (item: number) => item;
  return sortedItems(items, rankOf, down, NO_VALUE).subarray(0, MOST_ROWS);
}

/** Empty space in place of the rows that are not rendered. */
function Space({ height }: { height: number }) {
  return <tr ref={useHeight<HTMLTableRowElement>(height)} />;
}

interface HeadProps {
  by: SortBy;
  sorting: Sorting;
  sort: (by: SortBy) => Promise<void>;
}

/** Name of a column. A click sorts the table. */
function Head({ by, sorting, sort }: HeadProps) {
  const now = nameOf(sorting.by) === nameOf(by);
  const text = typeof by === "string" ? by : by.column;
  return (
    <th scope="col" aria-sort={now ? (sorting.down ? "descending" : "ascending") : "none"}>
      <button type="button" title={`Sort by ${text}`} onClick={() => void sort(by)}>
        {text} {now && <span aria-hidden="true">{sorting.down ? "▾" : "▴"}</span>}
      </button>
    </th>
  );
}

interface RowProps {
  item: number;
  place: number;
  info: ItemInfo | undefined;
  columns: readonly string[];
  selected: boolean;
  onChoose: (item: number, event: MouseEvent) => void;
}

function Row({ item, place, info, columns, selected, onChoose }: RowProps) {
  const { state, atlas } = useUi();
  const classes = state.classes.value;
  const { labels, predictions, confidence } = state.annotations;
  const [label, predicted] = [classes[labels[item]!], classes[predictions[item]!]];
  const textOf = (name: string) => info?.columns.find((column) => column.name === name)?.value;
  return (
    <tr
      class={selected ? "selected" : ""}
      aria-rowindex={place + 2}
      data-row
      data-item={item}
      onPointerEnter={(event) => {
        state.hovered.value = { item, x: event.clientX, y: event.clientY };
      }}
      onPointerLeave={() => {
        state.hovered.value = null;
      }}
    >
      <td>
        <button type="button" onClick={(event) => onChoose(item, event)}>
          {atlas.current && <Picture item={item} size={22} />}
          {itemNumber(item)}
        </button>
      </td>
      <td>{info?.id ?? "…"}</td>
      <td>
        {label && <Swatch colour={label.colour} of={label.class_id} />} {label?.name ?? "–"}
      </td>
      <td>
        {predicted && <Swatch colour={predicted.colour} of={predicted.class_id} />}{" "}
        {predicted?.name ?? "–"}
      </td>
      <td>{predicted ? percent(confidence[item]! / 255) : "–"}</td>
      {columns.map((name) => (
        <td key={name} dir="auto" class={name === state.session.value?.text_column ? "words" : ""}>
          {textOf(name)}
        </td>
      ))}
    </tr>
  );
}
