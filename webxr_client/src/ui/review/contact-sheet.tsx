/**
 * Contact sheet: up to 27 pictures, in groups. Enter confirms all pictures as shown. A class key,
 * or a click on a class, gives the class to the current picture or to its whole group. The sheet
 * lies over the lower edge of the cloud and is not modal.
 */
import { useEffect, useRef } from "preact/hooks";
import type { ClassInfo, SheetItem } from "../../protocol/messages.js";
import { count, items as itemsText } from "../../state/format.js";
import { groupOf, labelDiffers, type OpenSheet, sheetLabels } from "../../state/review-state.js";
import {
  classCaption,
  confirmText,
  type Decision,
  expectedErrors,
  type GroupHead,
  groupHead,
  groupSpan,
  NOTHING_TO_CONFIRM,
  nothingLeft,
  outcomeOf,
  pictureText,
  SHEET_COLUMNS,
  SHEET_TITLES,
  totalTitle,
} from "../../state/sheet-text.js";
import { NewClass } from "../classes/new-class.js";
import { Swatch } from "../classes/swatch.js";
import { useUi } from "../kit/context.js";
import { KeyHint } from "../kit/key-hint.js";
import { useRoving } from "../kit/roving.js";
import { Picture } from "../selection/picture.js";

const CONFIRM_TITLE =
  "Give each item the class under it, in one gesture. " +
  "Labels that are struck through are replaced. All other labels stay.";

export function ContactSheet() {
  const { state } = useUi();
  const sheet = state.review.sheet.value;
  return sheet && <Sheet sheet={sheet} />;
}

function Sheet({ sheet }: { sheet: OpenSheet }) {
  const { state, commands } = useUi();
  const { review } = state;
  const panel = useRef<HTMLElement>(null);
  const grid = useRef<HTMLOListElement>(null);
  const onArrow = useRoving(grid, SHEET_COLUMNS, ".cell-picture");
  const given = review.given.value;
  const at = review.at.value;
  const aside = review.aside.value;
  const done = sheet.status === "done";

  // The focus moves to the sheet, and returns to the previous element when the sheet closes.
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    state.forces.dialsOpen.value = false; // this panel and the report would cover the sheet
    state.reportChosen.value = false;
    return () => {
      state.hovered.value = null;
      before?.focus();
    };
  }, [state]);
  // The card of an item closes when the picture of the item moves away.
  const big = state.bigText.value;
  useEffect(() => {
    const unlook = () => {
      state.hovered.value = null;
    };
    unlook();
    window.addEventListener("resize", unlook);
    return () => window.removeEventListener("resize", unlook);
  }, [state, big]);
  useEffect(() => {
    state.hovered.value = null;
    if (sheet.status === "done") panel.current?.querySelector("button")?.focus();
  }, [sheet.items, sheet.status, state]);
  useEffect(() => {
    const pictures = grid.current?.querySelectorAll<HTMLElement>(".cell-picture");
    // This effect can run after the user has opened the field for the name of a new class.
    if (sheet.status === "open" && !panel.current?.querySelector("input"))
      pictures?.[review.at.peek()]?.focus({ preventScroll: true });
  }, [sheet.items, sheet.status, given, aside, at, review]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key.startsWith("Arrow")) review.whole.value = false;
    onArrow(event);
    if (event.key !== "Enter") return;
    // Enter on a picture confirms the whole sheet.
    event.preventDefault();
    event.stopPropagation();
    commands.confirmSheet();
  };
  const said = sheetLabels(sheet, given, aside);
  const confirm = confirmText(said);
  return (
    <section
      ref={panel}
      class={`glass contact-sheet ${sheet.items.some((one) => one.text) ? "of-texts" : ""}`}
      aria-label={`Contact sheet: ${sheet.kind}`}
      aria-busy={sheet.status === "busy"}
    >
      <div class="panel-title">
        <h2>
          {SHEET_TITLES[sheet.kind]}{" "}
          <b data-testid="sheet-total" title={totalTitle(sheet.kind)}>
            {count(sheet.total)}
          </b>
        </h2>
        <p
          class="muted"
          role="status"
          title={
            sheet.expectedWrong === null || sheet.page
              ? undefined
              : "The sum of the model's probabilities that the items are wrong as they are"
          }
        >
          {sheet.status === "busy"
            ? "Loading…"
            : !done &&
              `${sheet.reason || expectedErrors(sheet)} · changes ${itemsText(said.changed)}`}
        </p>
      </div>
      {done ? (
        <p class="nothing-left">{nothingLeft(sheet.kind, review.quality.value)}</p>
      ) : (
        <ol ref={grid} class="cells" onKeyDown={onKeyDown}>
          {sheet.items.map((one, k) => (
            <Cell
              key={one.item}
              one={one}
              place={k}
              span={groupSpan(sheet.items, k, SHEET_COLUMNS)}
              head={groupHead(sheet, k, given)}
              framed={k === at || (review.whole.value && one.group === sheet.items[at]?.group)}
              {...outcomeOf(one, given, aside)}
            />
          ))}
        </ol>
      )}
      <div class="sheet-actions">
        {done ? (
          sheet.items.length > 0 && (
            <button type="button" class="button" onClick={commands.goOnWithSheet}>
              Show the least certain items anyway
            </button>
          )
        ) : (
          <>
            <button
              type="button"
              class="button primary"
              title={confirm ? CONFIRM_TITLE : NOTHING_TO_CONFIRM}
              disabled={!confirm && aside.size === 0}
              onClick={commands.confirmSheet}
            >
              {confirm || "Nothing to confirm"} <KeyHint action="confirm" />
            </button>
            <button
              type="button"
              class="button"
              title={
                "Give the next class to all items of the group. " +
                "Items that you correct one by one keep their class"
              }
              aria-pressed={review.whole.value}
              onClick={() => {
                review.whole.value = !review.whole.value;
              }}
            >
              Whole group <KeyHint action="group" />
            </button>
            <NewClass
              class="button"
              title="Name a class that is not in the list, and give it to the framed items"
              onName={commands.correctToNew}
            >
              New class <KeyHint action="newClass" />
            </NewClass>
            <button
              type="button"
              class="button"
              title="Keep the labels of the framed items, and do not count these items as looked at"
              onClick={commands.setAside}
            >
              Cannot tell <KeyHint action="remove" />
            </button>
          </>
        )}
        {sheet.page && sheet.page.of > 1 && <Pages at={sheet.page.at} of={sheet.page.of} />}
        <button type="button" class="button" onClick={commands.closeSheet}>
          Close <KeyHint action="close" />
        </button>
      </div>
    </section>
  );
}

/** Buttons for the pages of a sheet of chosen items. */
function Pages({ at, of }: { at: number; of: number }) {
  const { commands } = useUi();
  return (
    <span class="pages" role="group" aria-label="Pages">
      <button
        type="button"
        class="button icon"
        aria-label="Previous page"
        disabled={at === 0}
        onClick={() => commands.turnSheet(-1)}
      >
        ‹
      </button>
      <button
        type="button"
        class="button icon"
        aria-label="Next page"
        disabled={at + 1 === of}
        onClick={() => commands.turnSheet(1)}
      >
        ›
      </button>
    </span>
  );
}

interface CellProps {
  one: SheetItem;
  place: number;
  /** Number of pictures that the group name above this picture spans; 0 if no name begins here. */
  span: number;
  head: GroupHead;
  /** Whether the next class goes to this picture. */
  framed: boolean;
  becomes: number;
  decision: Decision;
}

function Cell({ one, place, span, head, framed, becomes, decision }: CellProps) {
  const { state, atlas } = useUi();
  state.picturesVersion.value;
  const { item } = one;
  const classes = state.classes.value;
  const given = classes[becomes];
  const odd = labelDiffers(one);
  const look = (event: Event) => {
    const cell = event.currentTarget as HTMLElement;
    const box = cell.getBoundingClientRect();
    state.hovered.value = { item, x: box.left + box.width / 2, y: box.top, besideSheet: true };
  };
  const unlook = () => {
    state.hovered.value = null;
  };
  const choose = (event: Event) => {
    state.review.at.value = place;
    state.review.whole.value = false;
    (event.currentTarget as HTMLElement).focus();
  };
  const kind = state.review.sheet.value?.kind ?? "selection";
  const words = pictureText(kind, one, { becomes, decision }, classes);
  return (
    <li class="cell">
      {span > 0 ? (
        <Head head={head} place={place} span={span} />
      ) : (
        <span class="cell-head" aria-hidden="true" />
      )}
      <button
        type="button"
        class={`cell-picture ${odd ? "odd" : ""} ${decision} ${framed ? "framed" : ""}`}
        data-item={item}
        aria-label={`${one.text || `item ${item}`}: ${words}`}
        aria-current={state.review.at.value === place}
        onClick={choose}
        onFocus={(event) => {
          state.review.at.value = place;
          if (event.currentTarget.matches(":focus-visible")) look(event);
        }}
        onBlur={unlook}
        onPointerEnter={look}
        onPointerLeave={unlook}
      >
        {atlas.current ? (
          <Picture item={item} size={64} />
        ) : (
          <span class={one.text ? "cell-text words" : "cell-text"} dir="auto">
            {one.text || `item ${count(item)}`}
          </span>
        )}
      </button>
      <span class="cell-foot" aria-hidden="true">
        {given ? (
          <Swatch class="cell-bar" colour={given.colour} of={becomes} />
        ) : (
          <span class="cell-bar none" />
        )}
        <Tag
          name={classCaption(one, becomes, decision, head.classId)}
          decision={decision}
          classes={classes}
        />
      </span>
    </li>
  );
}

/** Name of a group, over its first picture in each row. A click frames the whole group. */
function Head({ head, place, span }: { head: GroupHead; place: number; span: number }) {
  const { state } = useUi();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.style.setProperty("--span", String(span)), [span]);
  const info = state.classes.value[head.classId];
  const words = [info?.name, head.text].filter((word) => word).join(" · ");
  const members = groupOf(state.review.sheet.value ?? { items: [] }, place).length;
  return (
    <button
      ref={button}
      type="button"
      class="cell-head"
      tabIndex={-1}
      title={`${words}: frame ${members === 1 ? "this item" : `these ${members} items`}`}
      onClick={() => {
        state.review.at.value = place;
        state.review.whole.value = true;
      }}
    >
      {info && <Swatch colour={info.colour} of={info.class_id} />}
      {words}
    </button>
  );
}

interface TagProps {
  name: ReturnType<typeof classCaption>;
  decision: Decision;
  classes: readonly ClassInfo[];
}

/** Class name under a picture, shown if it differs from the class name above its group. */
function Tag({ name, decision, classes }: TagProps) {
  if (decision === "aside") return <b>skipped</b>;
  const text = name && classes[name.classId]?.name;
  return text ? name.struck ? <s>{text}</s> : <b>{text}</b> : null;
}
