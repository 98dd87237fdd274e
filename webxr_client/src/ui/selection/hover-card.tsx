/** Card of the item under the pointer. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { currentOnSheet, keptItem } from "../../state/shown-item.js";
import { useUi } from "../kit/context.js";
import { SIDE_PANEL, WIDE } from "../kit/layout.js";
import { BIG_TEXT } from "../kit/theme.js";
import { DecodedPicture } from "./decoded.js";
import { FullPicture, ItemFacts, Origin, useItemInfo } from "./item-facts.js";
import { Picture } from "./picture.js";

const WIDTH = 290;
const GAP = 22;
/** Height of the bottom bar with its margins. */
const BOTTOM_BAR = 130;
/** Wait in ms before the page queries the model about the item under the pointer. */
const PROBE_MS = 60;

export function HoverCard() {
  const { state, commands, atlas } = useUi();
  const pointed = state.hovered.value;
  // The card of the only selected item stays open; it is not shown twice.
  const hover =
    pointed && pointed.item === keptItem(state) ? null : (pointed ?? currentOnSheet(state));
  const element = useRef<HTMLDivElement>(null);
  const item = hover?.item ?? -1;
  const info = useItemInfo(item);
  state.picturesVersion.value;

  // The card is placed again when its size changes, because details of the item arrive later.
  useLayoutEffect(() => {
    const card = element.current;
    if (!hover || !card) return;
    const put = () => {
      // With big text, the panels' CSS pixels are zoomed.
      const zoom = state.bigText.peek() ? BIG_TEXT : 1;
      const [width, height] = [window.innerWidth / zoom, window.innerHeight / zoom];
      const own = card.getBoundingClientRect().height / zoom;
      const { left, top } = hover.besideSheet
        ? placedBesideSheet(width, height, own)
        : placed(hover.x / zoom, hover.y / zoom, width, height, own);
      card.style.setProperty("left", `${left}px`);
      card.style.setProperty("top", `${top}px`);
    };
    put();
    const observer = new ResizeObserver(put);
    observer.observe(card);
    window.addEventListener("resize", put);
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", put);
    };
  }, [hover, state]);

  // Forces, loss and reconstruction are for people who look at the model, not for those who label.
  const looks = state.forces.shown.value !== "off" || state.forces.dialsOpen.value;
  const model = state.model.value && state.time.live.value && looks;
  useEffect(() => {
    if (item < 0 || !model) return;
    const ask = window.setTimeout(() => commands.probe([item]), PROBE_MS);
    return () => {
      window.clearTimeout(ask);
      commands.probe([]);
    };
  }, [item, model, commands]);

  if (!hover) return null;
  const seen = state.forces.seen.value.get(item);
  return (
    <div ref={element} class="glass hover-card" role="status">
      {atlas.current && (
        <div class="hover-picture">
          <Picture item={item} size={72} />
          <FullPicture key={item} item={item} />
        </div>
      )}
      {seen?.reconstruction && (
        <div class="hover-picture made" title="Reconstruction by the model">
          <DecodedPicture picture={seen.reconstruction} />
        </div>
      )}
      <ItemFacts item={item} info={info} />
      {info && <Origin info={info} />}
    </div>
  );
}

/**
 * Position of the card beside the pointer, inside the page and not over a panel.
 *
 * @param own Height of the card. All values are CSS pixels.
 */
export function placed(
  x: number,
  y: number,
  width: number,
  height: number,
  own = 0,
): { left: number; top: number } {
  const panel = width < WIDE ? 0 : SIDE_PANEL;
  const right = x + GAP + WIDTH;
  const left = right > width - panel - 8 ? x - GAP - WIDTH : x + GAP;
  const inside = Math.max(8, Math.min(left, width - WIDTH - 8));
  const lowest = height - Math.max(130, own + 12);
  // In a narrow page, the card is below or above the pointer, because there is no room beside it.
  const covers = x > inside - GAP / 2 && x < inside + WIDTH + GAP / 2;
  const below = y + GAP <= lowest ? y + GAP : y - GAP - own;
  return { left: inside, top: Math.max(64, Math.min(covers ? below : y - 40, lowest)) };
}

/**
 * Position of the card beside a contact sheet: over the lower part of the right panel, where the
 * card covers neither the sheet nor the cloud. In a narrow window, at the upper edge of the page.
 */
export function placedBesideSheet(
  width: number,
  height: number,
  own: number,
): { left: number; top: number } {
  if (width < WIDE) return { left: 8, top: 64 };
  return {
    left: width - SIDE_PANEL + (SIDE_PANEL - WIDTH) / 2 - 4,
    top: Math.max(64, height - BOTTOM_BAR - own),
  };
}
