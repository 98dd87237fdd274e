/** Handle at the rim of the chosen hull. A drag outwards makes its rule reach farther. */
import { effect } from "@preact/signals";
import type { AppState } from "../../state/app-state.js";
import type { Commands } from "../../state/commands.js";
import { changeableRegion } from "../../state/hull-move.js";
import { LEAST_REACH, MOST_REACH } from "../../state/rule-state.js";
import type { Stage } from "../stage.js";
import type { HullOutline, PagePlace } from "./hull-outline.js";

/** Shortest time between two previews during a drag, ms. */
const PREVIEW_MS = 150;
/** Factor per press of an arrow key. */
const KEY_STEP = 1.1;

export class ReachHandle {
  private readonly element = document.createElement("button");
  private middle: PagePlace = { x: 0, y: 0 };
  /**
   * Reach and distance from the middle at the start of a drag, and the reach now. While a key is
   * held, the distance is 0.
   */
  private drag: { reach: number; from: number; wanted: number } | null = null;
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly state: AppState,
    private readonly commands: Commands,
    private readonly stage: Stage,
  ) {
    const { element } = this;
    element.type = "button";
    element.className = "reach-handle";
    element.hidden = true;
    element.setAttribute("role", "slider");
    element.setAttribute("aria-orientation", "horizontal");
    element.setAttribute("aria-valuemin", String(LEAST_REACH));
    element.setAttribute("aria-valuemax", String(MOST_REACH));
    // Not inside of the element of the cloud, which is a picture for screen readers.
    (stage.element.parentElement ?? stage.element).append(element);
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", () => this.up());
    element.addEventListener("pointercancel", () => this.cancel());
    element.addEventListener("keydown", (event) => this.press(event));
    // A key that is held repeats. All steps together are one change, which Undo undoes.
    for (const end of ["keyup", "blur"]) element.addEventListener(end, () => this.up());
    effect(() => {
      const rule = this.rule();
      if (!rule) return;
      element.title = `Drag: how far the rule “${rule.name}” reaches`;
      element.setAttribute("aria-label", `Reach of the rule ${rule.name}`);
      this.announce(rule.reach);
    });
  }

  /** Place the handle. Called once per frame, with the outline of the chosen hull. */
  update(outline: HullOutline | null): void {
    const hidden = !outline || (this.state.rules.hulls?.moved ?? 0) !== 0;
    this.element.hidden = hidden;
    if (hidden) return;
    this.middle = outline.middle;
    const { x, y } = outline.right;
    this.element.style.setProperty("transform", `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`);
  }

  /** The chosen rule, if its reach can be changed here. */
  private rule() {
    return changeableRegion(this.state, this.state.rules.chosen.value);
  }

  private distance(event: PointerEvent): number {
    const box = this.stage.element.getBoundingClientRect();
    const { x, y } = this.middle;
    return Math.max(8, Math.hypot(event.clientX - box.left - x, event.clientY - box.top - y));
  }

  private down(event: PointerEvent): void {
    const rule = this.rule();
    event.stopPropagation();
    if (!rule || event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.drag = { reach: rule.reach, from: this.distance(event), wanted: rule.reach };
  }

  private move(event: PointerEvent): void {
    const { drag } = this;
    event.stopPropagation();
    if (!drag?.from) return;
    drag.wanted = limited((drag.reach * this.distance(event)) / drag.from);
    this.preview(drag.wanted);
  }

  private preview(wanted: number): void {
    this.announce(wanted);
    const now = performance.now();
    if (now - this.askedAt < PREVIEW_MS) return;
    this.askedAt = now;
    const { rule } = this.rule() ?? {};
    if (rule) this.commands.withRules((rules) => void rules.previewReach(rule, wanted));
  }

  private up(): void {
    const { drag } = this;
    if (!drag || drag.wanted === drag.reach) {
      this.cancel();
      return;
    }
    this.drag = null;
    this.set(drag.wanted);
  }

  private cancel(): void {
    if (!this.drag) return;
    this.announce(this.drag.reach);
    this.drag = null;
    this.commands.withRules((rules) => rules.endPreview());
  }

  private press(event: KeyboardEvent): void {
    const rule = this.rule();
    const more = event.key === "ArrowRight" || event.key === "ArrowUp";
    const less = event.key === "ArrowLeft" || event.key === "ArrowDown";
    if (!rule || !(more || less)) return;
    event.preventDefault();
    event.stopPropagation();
    this.drag ??= { reach: rule.reach, from: 0, wanted: rule.reach };
    this.drag.wanted = limited(this.drag.wanted * (more ? KEY_STEP : 1 / KEY_STEP));
    this.preview(this.drag.wanted);
  }

  private announce(reach: number): void {
    this.element.setAttribute("aria-valuenow", reach.toFixed(2));
    this.element.setAttribute("aria-valuetext", `${reach.toFixed(2)} times`);
  }

  private set(reach: number): void {
    const { rule } = this.rule() ?? {};
    this.commands.withRules((rules) => {
      // The rule may have been deleted or switched off during the drag.
      if (rule) void rules.edit(rule, { reach });
      else rules.endPreview();
    });
  }
}

const limited = (reach: number): number => Math.min(MOST_REACH, Math.max(LEAST_REACH, reach));
