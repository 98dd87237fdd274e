/**
 * Mouse, pen and touch on the cloud. The main button drives the chosen tool. Motion without a
 * button shows the item under the pointer. One finger also drives the tool. A second finger ends
 * the action of the tool, because two fingers turn the cloud through the camera controls. A tap
 * shows an item.
 */
import type { AppState } from "../state/app-state.js";
import type { PointerSample, PointerTool } from "./pointer.js";
import type { SelectTool } from "./select-tool.js";

/** Milliseconds that the pointer stays at an item before the card of the item appears. */
const HOVER_DELAY = 125;
/** Milliseconds from the time when the pointer leaves an item until the card disappears. */
const HOVER_LINGER = 260;
/** Shortest time between two searches for the item under the pointer, ms. */
const HOVER_INTERVAL = 50;
/** Largest movement during a tap, CSS pixels. */
const TAP_DISTANCE = 10;
/** Longest duration of a tap, ms. */
const TAP_MS = 400;

/** Connect the cloud's element to the tools. Returns a function that removes the listeners. */
export function bindDesktopInput(
  element: HTMLElement,
  select: SelectTool,
  drag: PointerTool,
  state: AppState,
  /** Called with the place of the pointer over the cloud, or null when the pointer has left. */
  over: (sample: PointerSample | null) => void,
): () => void {
  let tool: PointerTool = select;
  let active: number | null = null;
  let buttons = 0;
  let appear: number | undefined;
  let vanish: number | undefined;
  let looked = 0;
  let later: number | undefined;
  let tap: { x: number; y: number; at: number } | null = null;

  const sampleOf = (event: PointerEvent): PointerSample => {
    const box = element.getBoundingClientRect();
    return {
      x: event.clientX - box.left,
      y: event.clientY - box.top,
      add: event.shiftKey,
      subtract: event.altKey,
      clientX: event.clientX,
      clientY: event.clientY,
    };
  };

  const hide = () => {
    window.clearTimeout(later);
    window.clearTimeout(appear);
    window.clearTimeout(vanish);
    const left = state.hovered.peek();
    vanish = window.setTimeout(() => {
      // A panel can show another item by now.
      if (state.hovered.peek() === left) state.hovered.value = null;
    }, HOVER_LINGER);
  };

  /**
   * Search for the item under the pointer, at most once per HOVER_INTERVAL. When the pointer stops,
   * a last search always follows.
   */
  const hover = (event: PointerEvent) => {
    if (event.pointerType === "touch" || buttons) return;
    const sample = sampleOf(event);
    over(sample);
    window.clearTimeout(later);
    const wait = looked + HOVER_INTERVAL - performance.now();
    if (wait > 0) later = window.setTimeout(lookAt, wait, sample);
    else lookAt(sample);
  };

  const lookAt = ({ x, y }: PointerSample) => {
    looked = performance.now();
    const item = select.itemAt(x, y);
    if (item < 0) {
      hide();
      return;
    }
    window.clearTimeout(vanish);
    window.clearTimeout(appear);
    const show = () => {
      state.hovered.value = { item, x, y };
    };
    if (state.hovered.value) show();
    else appear = window.setTimeout(show, HOVER_DELAY);
  };

  const look = (event: PointerEvent, from: { x: number; y: number; at: number }) => {
    const { x, y } = sampleOf(event);
    if (event.timeStamp - from.at > TAP_MS || Math.hypot(x - from.x, y - from.y) > TAP_DISTANCE)
      return;
    const item = select.itemAt(x, y);
    if (item < 0) return;
    window.clearTimeout(vanish);
    state.hovered.value = { item, x, y };
  };

  const cancelTool = () => {
    if (active === null) return;
    active = null;
    tool.cancel();
  };

  const down = (event: PointerEvent) => {
    buttons = event.buttons;
    hide();
    tap =
      event.pointerType === "touch" && event.isPrimary
        ? { ...sampleOf(event), at: event.timeStamp }
        : null;
    if (event.pointerType === "touch" && !event.isPrimary) cancelTool();
    if (event.button !== 0 || !event.isPrimary) return;
    tool = state.tool.peek() === "drag" ? drag : select;
    if (!tool.down(sampleOf(event))) return;
    active = event.pointerId;
    element.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    buttons = event.buttons;
    if (event.pointerId === active) {
      // Use all samples since the last event, so that a quick lasso keeps its curves.
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event]) tool.move(sampleOf(each));
    } else hover(event);
  };
  const up = (event: PointerEvent) => {
    buttons = event.buttons;
    if (tap) look(event, tap);
    tap = null;
    if (event.pointerId !== active) return;
    active = null;
    tool.up(sampleOf(event));
  };
  const cancel = (event: PointerEvent) => {
    if (event.pointerId === active) cancelTool();
  };
  // Browsers also send this event when a finger is lifted. The card of a tapped item then stays
  // visible.
  const leave = (event: PointerEvent) => {
    if (event.pointerType !== "touch") hide();
    over(null);
  };
  const noMenu = (event: Event) => event.preventDefault();

  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", cancel);
  element.addEventListener("pointerleave", leave);
  element.addEventListener("contextmenu", noMenu);
  return () => {
    element.removeEventListener("pointerdown", down);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", up);
    element.removeEventListener("pointercancel", cancel);
    element.removeEventListener("pointerleave", leave);
    element.removeEventListener("contextmenu", noMenu);
  };
}
