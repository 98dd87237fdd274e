/**
 * Handle above the chosen hull. A drag moves the hull. Meanwhile, the wheel or a second finger
 * changes its size. The rule is then made again from the items inside. A drag to a class gives the
 * rule this class.
 */
import { effect } from "@preact/signals";
import { Matrix4, Vector3 } from "three";
import type { AppState } from "../../state/app-state.js";
import { changeableRegion } from "../../state/hull-move.js";
import type { HullMotion, MovableHulls } from "../../state/rule-state.js";
import { moveText } from "../../state/rule-text.js";
import { classAt } from "../class-at.js";
import type { Stage } from "../stage.js";
import type { HullOutline, PagePlace } from "./hull-outline.js";
import { ItemDepths } from "./item-depths.js";

/** Distance of the text from the middle of the handle, CSS pixels: a finger hides more. */
const TEXT_ABOVE = 18;
const TEXT_ABOVE_FINGER = 44;
/** Height of the text, CSS pixels. */
const TEXT_HEIGHT = 24;
/** Motion per press of an arrow key, CSS pixels. */
const KEY_STEP = 12;
/** Factor of the size per step of the wheel, and per press of plus or minus. */
const SIZE_STEP = 1.08;
const LEAST_SIZE = 0.2;
const MOST_SIZE = 5;
/** Smallest distance of two fingers that counts, CSS pixels. */
const LEAST_APART = 24;
/** Distance from the middle of the hull in which items determine its depth, CSS pixels. */
const DEPTH_REACH = 32;
/** A drag by less than this distance changes nothing, CSS pixels. */
const CLICK_DISTANCE = 4;

const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
  ArrowUp: [0, -KEY_STEP],
  ArrowDown: [0, KEY_STEP],
};

interface Finger extends PagePlace {
  id: number;
}

export class MoveHandle {
  private readonly element = document.createElement("button");
  private readonly text = document.createElement("p");
  /** The rule whose hull was moved last. */
  private rule = 0;
  /** The pointer that drags, and where its drag began; null while keys move the hull. */
  private pointer: Finger | null = null;
  private touched = false;
  private from: PagePlace = { x: 0, y: 0 };
  /** Place of the handle of the hull that was not moved. */
  private base: PagePlace = { x: 0, y: 0 };
  /** A second finger, and the distance of the fingers for the size 1. */
  private second: Finger | null = null;
  private apart = 1;
  /** Motion on the page, CSS pixels, and size as a multiple, also while new items are awaited. */
  private by: PagePlace = { x: 0, y: 0 };
  private size = 1;
  /** Depth of the moved hull, normalised device coordinates; null for its own depth. */
  private depth: number | null = null;
  private readonly depths: ItemDepths;
  private readonly matrix = new Matrix4();
  private readonly middle = new Vector3();
  private readonly at = new Vector3();

  constructor(
    private readonly state: AppState,
    private readonly movable: MovableHulls,
    private readonly stage: Stage,
  ) {
    const { element, text } = this;
    this.depths = new ItemDepths(state.latent);
    element.type = "button";
    element.className = "move-handle";
    text.className = "move-text";
    text.setAttribute("role", "status");
    element.hidden = text.hidden = true;
    const area = stage.element.parentElement ?? stage.element;
    area.append(element, text);
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("pointercancel", () => this.end(false));
    element.addEventListener("blur", () => this.end(false));
    element.addEventListener("keydown", (event) => this.press(event));
    element.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    // Before the camera controls, which turn the scene by one finger and zoom by two.
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"] as const)
      area.addEventListener(type, (event) => this.other(event), { capture: true });
    effect(() => {
      const name = changeableRegion(state, state.rules.chosen.value)?.name ?? "";
      const drag = `Drag: “${name}” is made again from the items in the hull`;
      element.title = `${drag}. Wheel or second finger: size`;
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

  /** Place the handle. Called once per frame, with the outline of the chosen hull. */
  update(outline: HullOutline | null): void {
    this.element.hidden = !outline;
    // The hull has its new items, or the motion was cancelled.
    if (this.movable.moved === 0 && !this.motion.active) this.forget();
    if (!outline) return;
    const awaits = this.movable.moved !== 0 && !this.motion.active;
    if (!this.pointer && !awaits) this.base = outline.top;
    const x = this.base.x + this.by.x;
    const y = this.base.y + this.by.y;
    this.element.style.setProperty("transform", `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`);
    if (!this.text.hidden) this.placeText(x, y, outline.insets);
  }

  /** Place the text above the handle, or below it where there is no space. */
  private placeText(x: number, y: number, insets: HullOutline["insets"]): void {
    const high = y - (this.touched ? TEXT_ABOVE_FINGER : TEXT_ABOVE) - TEXT_HEIGHT;
    const down = high < insets.top ? y + TEXT_ABOVE : high;
    const right = this.stage.element.clientWidth - insets.right;
    // Percentages are of the width of the text.
    const across = `clamp(${insets.left}px, ${x.toFixed(1)}px - 50%, ${right}px - 100%)`;
    this.text.style.setProperty("transform", `translate(${across}, ${down.toFixed(1)}px)`);
  }

  private get motion(): HullMotion {
    return this.movable.motion;
  }

  private begin(): boolean {
    if (this.motion.active) return true;
    const rule = this.state.rules.chosen.value;
    if (!this.motion.begin(rule)) return false;
    this.rule = rule;
    this.forget();
    this.depths.forget();
    return true;
  }

  private forget(): void {
    this.pointer = null;
    this.touched = false;
    this.by = { x: 0, y: 0 };
    this.size = 1;
    this.depth = null;
  }

  /** End the motion. `keep`: make the rule again from the items in the hull. */
  private end(keep: boolean): void {
    this.pointer = null;
    if (keep) this.motion.end();
    else this.motion.cancel();
  }

  private down(event: PointerEvent): void {
    const { clientX: x, clientY: y, pointerId: id } = event;
    event.stopPropagation();
    if (event.button !== 0 || this.pointer || !this.begin()) return;
    this.element.setPointerCapture(id);
    this.pointer = { id, x, y };
    this.touched = event.pointerType === "touch";
    this.from = { x: x - this.by.x, y: y - this.by.y };
  }

  private move({ clientX: x, clientY: y, pointerId: id }: PointerEvent): void {
    if (id !== this.pointer?.id || !this.motion.active) return;
    this.pointer = { id, x, y };
    this.by = { x: x - this.from.x, y: y - this.from.y };
    this.pinch();
    this.show();
  }

  private up({ clientX, clientY, pointerId }: PointerEvent): void {
    const { by, size } = this;
    if (pointerId !== this.pointer?.id) return;
    const classId = classAt(clientX, clientY);
    if (classId >= 0) this.motion.give(classId);
    this.end(Math.hypot(by.x, by.y) >= CLICK_DISTANCE || size !== 1);
  }

  /** Other fingers while a finger moves the hull: the distance of the second finger is the size. */
  private other(event: PointerEvent): void {
    const { type, pointerId: id, clientX: x, clientY: y } = event;
    const { pointer, second } = this;
    if (event.pointerType !== "touch" || id === pointer?.id) return;
    if (id !== second?.id && (!pointer || type !== "pointerdown")) return;
    event.stopPropagation();
    if (type === "pointerdown" && !second) {
      this.second = { id, x, y };
      this.apart = this.distance() / this.size;
    } else if (id !== second?.id) return;
    else if (type === "pointermove") {
      this.second = { id, x, y };
      this.pinch();
      if (this.pointer && this.motion.active) this.show();
    } else this.second = null;
  }

  private distance(): number {
    const { pointer, second } = this;
    if (!pointer || !second) return this.apart;
    return Math.max(LEAST_APART, Math.hypot(pointer.x - second.x, pointer.y - second.y));
  }

  private pinch(): void {
    if (this.pointer && this.second) this.size = limited(this.distance() / this.apart);
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
    if (!(arrow || size || ends) || this.pointer) return;
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
    this.size = limited(this.size * factor);
    this.show();
  }

  /**
   * Show the hull moved in the plane of the screen. Its middle is at the depth of the items under
   * it, so that a drag on the page reaches clusters in front of its own place, and behind it.
   */
  private show(): void {
    const middle = this.movable.middleOf(this.rule);
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
      .multiply(shift.makeTranslation(-this.middle.x, -this.middle.y, -this.middle.z));
    this.motion.to(this.matrix.elements, performance.now());
    this.stage.invalidate();
  }

  /**
   * Median depth of the items under the moved hull, whose middle is at `x` and `y` (normalised
   * device coordinates). Null before the hull has left its place, and where there are no items.
   */
  private depthAt({ x, y }: Vector3): number | null {
    const { camera, element } = this.stage;
    const flat = this.state.latent.latentDim === 2;
    if (flat || Math.hypot(this.by.x, this.by.y) < DEPTH_REACH) return null;
    this.depths.read(camera);
    const { clientWidth, clientHeight } = element;
    return this.depths.at(x, y, (2 * DEPTH_REACH) / clientWidth, (2 * DEPTH_REACH) / clientHeight);
  }
}

const limited = (size: number): number => Math.min(MOST_SIZE, Math.max(LEAST_SIZE, size));
const scale = new Vector3();
const shift = new Matrix4();
