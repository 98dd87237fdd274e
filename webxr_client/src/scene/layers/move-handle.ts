/**
 * Handle above the chosen hull. A drag moves the hull, the wheel changes its size meanwhile, and
 * the rule is then made again from the items inside. A drag to a class gives the rule this class.
 */
import { effect } from "@preact/signals";
import { Matrix4, Vector3 } from "three";
import type { AppState } from "../../state/app-state.js";
import { sceneMetres } from "../../state/latent-state.js";
import type { HullMotion, MovableHulls } from "../../state/rule-state.js";
import { moveText } from "../../state/rule-text.js";
import type { Stage } from "../stage.js";
import { outlineOf, type PagePlace } from "./hull-outline.js";
import type { RuleHulls } from "./rule-hulls.js";

/** Distance of the handle above the hull, CSS pixels. */
const ABOVE = 16;
/** Motion per press of an arrow key, CSS pixels. */
const KEY_STEP = 12;
/** Factor of the size per step of the wheel, and per press of plus or minus. */
const SIZE_STEP = 1.08;
const LEAST_SIZE = 0.2;
const MOST_SIZE = 5;
/** Distance from the middle of the hull in which items determine its depth, CSS pixels. */
const DEPTH_REACH = 32;
/** Largest number of items that are read for the depth. */
const SAMPLES = 20_000;
/** Smallest number of items that determine the depth. */
const LEAST_ITEMS = 3;
/** A drag by less than this distance changes nothing, CSS pixels. */
const CLICK_DISTANCE = 4;

const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
  ArrowUp: [0, -KEY_STEP],
  ArrowDown: [0, KEY_STEP],
};

export class MoveHandle {
  private readonly element = document.createElement("button");
  private readonly text = document.createElement("p");
  /** Place of the pointer at the start of a drag; null while keys move the hull. */
  private from: PagePlace | null = null;
  /** Motion on the page, CSS pixels, and size as a multiple. */
  private by: PagePlace = { x: 0, y: 0 };
  private size = 1;
  /** Depth of the moved hull, normalised device coordinates; null for its own depth. */
  private depth: number | null = null;
  private readonly matrix = new Matrix4();
  private readonly middle = new Vector3();
  private readonly at = new Vector3();

  constructor(
    private readonly state: AppState,
    private readonly movable: MovableHulls,
    private readonly stage: Stage,
    private readonly hulls: RuleHulls,
  ) {
    const { element, text } = this;
    element.type = "button";
    element.className = "move-handle";
    text.className = "move-text";
    text.setAttribute("role", "status");
    element.hidden = text.hidden = true;
    (stage.element.parentElement ?? stage.element).append(element, text);
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", () => this.end(false));
    element.addEventListener("blur", () => this.end(false));
    element.addEventListener("keydown", (event) => this.press(event));
    element.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    effect(() => {
      const name = this.rule()?.name ?? "";
      element.title = `Drag: “${name}” is made again from the items in the hull. Wheel: size`;
      element.setAttribute(
        "aria-label",
        `Move the hull of the rule ${name}: arrow keys, plus and minus, then Enter`,
      );
    });
    effect(() => {
      const { moved } = state.rules;
      text.textContent = moved.value && !state.xr.presenting.value ? moveText(moved.value) : "";
      text.hidden = text.textContent === "";
    });
  }

  /** Place the handle. Called once per frame. */
  update(): void {
    const rule = this.state.xr.presenting.peek() ? undefined : this.rule();
    const corners = rule && this.hulls.cornersOf(rule.rule);
    this.element.hidden = !corners || corners.length === 0;
    if (!corners || this.element.hidden) return;
    const { x, y } = outlineOf(corners, this.stage).top;
    const [left, high] = [x + this.by.x, y + this.by.y - ABOVE];
    const place = `translate(${left.toFixed(1)}px, ${high.toFixed(1)}px)`;
    this.element.style.setProperty("transform", place);
    this.text.style.setProperty("transform", place);
  }

  /** The chosen rule, if its hull can be moved here. */
  private rule() {
    const { rules, readOnly, time } = this.state;
    rules.list.value;
    const rule = rules.find(rules.chosen.value);
    const able = rule?.kind === "region" && rule.on && !readOnly.value && time.live.value;
    return able ? rule : undefined;
  }

  private get motion(): HullMotion {
    return this.movable.motion;
  }

  private begin(): boolean {
    const rule = this.rule();
    return this.motion.active || (rule !== undefined && this.motion.begin(rule.rule));
  }

  /** End the motion. `keep`: make the rule again from the items in the hull. */
  private end(keep: boolean): void {
    if (keep) this.motion.end();
    else this.motion.cancel();
    this.from = this.depth = null;
    this.by = { x: 0, y: 0 };
    this.size = 1;
  }

  private down(event: PointerEvent): void {
    event.stopPropagation();
    if (event.button !== 0 || !this.begin()) return;
    this.element.setPointerCapture(event.pointerId);
    this.from = { x: event.clientX, y: event.clientY };
  }

  private move(event: PointerEvent): void {
    event.stopPropagation();
    if (!this.from || !this.motion.active) return;
    this.by = { x: event.clientX - this.from.x, y: event.clientY - this.from.y };
    this.show();
  }

  private up({ clientX, clientY }: PointerEvent): void {
    const { from, by, size } = this;
    if (!from) return;
    const over = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>("[data-class]");
    if (over) this.motion.give(Number(over.dataset.class));
    this.end(Math.hypot(by.x, by.y) >= CLICK_DISTANCE || size !== 1);
  }

  private turn(event: WheelEvent): void {
    if (!this.motion.active) return;
    event.preventDefault();
    event.stopPropagation();
    this.resize(event.deltaY < 0 ? SIZE_STEP : 1 / SIZE_STEP);
  }

  private press(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    const size = { "+": SIZE_STEP, "-": 1 / SIZE_STEP }[event.key];
    const ends = this.motion.active && (event.key === "Enter" || event.key === "Escape");
    if (!(arrow || size || ends) || this.from) return;
    event.preventDefault();
    event.stopPropagation();
    if (ends) this.end(event.key === "Enter");
    if (ends || !this.begin()) return;
    if (size) this.resize(size);
    if (!arrow) return;
    this.by = { x: this.by.x + arrow[0], y: this.by.y + arrow[1] };
    this.show();
  }

  private resize(factor: number): void {
    this.size = Math.min(MOST_SIZE, Math.max(LEAST_SIZE, this.size * factor));
    this.show();
  }

  /**
   * Show the hull moved in the plane of the screen. Its middle is at the depth of the items under
   * it, so that a drag on the page reaches clusters in front of its own place, and behind it.
   */
  private show(): void {
    const rule = this.rule();
    const middle = rule && this.movable.middleOf(rule.rule);
    if (!middle) {
      this.end(false);
      return;
    }
    const { camera, element } = this.stage;
    const { clientWidth, clientHeight } = element;
    this.middle.set(middle.x, middle.y, middle.z);
    this.at.copy(this.middle).project(camera);
    this.at.x += (2 * this.by.x) / clientWidth;
    this.at.y -= (2 * this.by.y) / clientHeight;
    this.depth = this.depthAt(this.at) ?? this.depth;
    this.at.z = this.depth ?? this.at.z;
    this.at.unproject(camera);
    if (this.state.latent.latentDim === 2) this.at.z = this.middle.z;
    this.matrix
      .makeTranslation(this.at)
      .scale(scale.setScalar(this.size))
      .multiply(shift.makeTranslation(-middle.x, -middle.y, -middle.z));
    this.motion.to(this.matrix.elements, performance.now());
    this.stage.invalidate();
  }

  /**
   * Median depth of the items under the moved hull, whose middle is at `x` and `y` (normalised
   * device coordinates). Null before the hull has left its place, and where there are no items.
   */
  private depthAt({ x, y }: Vector3): number | null {
    const { latent } = this.state;
    const { camera, element } = this.stage;
    const { clientWidth: width, clientHeight: height } = element;
    if (latent.latentDim === 2 || Math.hypot(this.by.x, this.by.y) < DEPTH_REACH) return null;
    clip.multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse);
    const depths: number[] = [];
    const every = Math.max(1, Math.ceil(latent.n / SAMPLES));
    for (let k = 0; k < latent.n; k += every) {
      for (let axis = 0; axis < 3; axis++)
        item.setComponent(axis, sceneMetres(latent.to[4 * k + axis]!));
      item.applyMatrix4(clip);
      const [across, down] = [((item.x - x) * width) / 2, ((item.y - y) * height) / 2];
      if (Math.hypot(across, down) < DEPTH_REACH && Math.abs(item.z) <= 1) depths.push(item.z);
    }
    if (depths.length < LEAST_ITEMS) return null;
    return depths.sort((a, b) => a - b)[depths.length >> 1]!;
  }
}

const clip = new Matrix4();
const item = new Vector3();
const scale = new Vector3();
const shift = new Matrix4();
