/** Classes that the user gives to the pictures and groups of an open contact sheet. */
import { batch } from "@preact/signals";
import type { AppState } from "../state/app-state.js";
import { groupOf, type OpenSheet } from "../state/review-state.js";
import type { AwaitedClass } from "./awaited-class.js";

export class SheetDecisions {
  constructor(
    private readonly state: AppState,
    private readonly note: (message: string) => void,
    private readonly awaited: AwaitedClass,
  ) {}

  /**
   * Give a class to the current picture, or to its whole group if `whole` is set. In a group,
   * pictures that were corrected one by one keep their class. The next group that needs a class
   * becomes the current one.
   */
  correct(classId: number): void {
    const { review, classes } = this.state;
    const items = this.current();
    const info = classes.peek()[classId];
    if (items.length === 0 || !info || info.removed) return;
    this.awaited.clear();
    if (info.locked) {
      this.note(`Class “${info.name}” is locked. Unlock the class before you assign it.`);
      return;
    }
    const whole = review.whole.peek();
    const decided = whole ? review.named : review.corrected;
    const aside = new Set(review.aside.peek());
    const given = new Map(decided.peek());
    for (const item of items) {
      aside.delete(item);
      given.set(item, classId);
    }
    batch(() => {
      decided.value = given;
      review.aside.value = aside;
      if (whole) this.toNextGroup();
    });
  }

  /**
   * Give the class with this name to the current picture or group. A class that does not exist is
   * added.
   */
  correctTo(name: string): void {
    this.awaited.obtain(name, (classId) => this.correct(classId));
  }

  /**
   * Make the next group that needs a class the current group, if there is one. A group needs a
   * class if it has an undecided picture (a picture about which the user has decided nothing) and
   * one of two conditions is true: the undecided picture has no proposed class, or the group is a
   * region of the map.
   */
  private toNextGroup(): void {
    const { review } = this.state;
    const { items, groups } = review.sheet.peek()!;
    const [given, aside] = [review.given.peek(), review.aside.peek()];
    const inRegion = (group: number) => typeof groups[group]?.size === "number";
    const open = items
      .filter(({ item }) => !given.has(item) && !aside.has(item))
      .filter(({ group, proposed }) => proposed < 0 || inRegion(group))
      .map(({ group }) => group);
    const now = items[review.at.peek()]!.group;
    const next = open.find((group) => group > now) ?? open[0];
    if (next !== undefined) review.at.value = items.findIndex(({ group }) => group === next);
  }

  /**
   * Set the current picture, or its whole group, aside as undecidable. A second call includes the
   * pictures again.
   */
  setAside(): void {
    const { review } = this.state;
    const items = this.current();
    if (items.length === 0) return;
    const aside = new Set(review.aside.peek());
    const again = items.every((item) => aside.has(item));
    const [corrected, named] = [new Map(review.corrected.peek()), new Map(review.named.peek())];
    for (const item of items) {
      if (again) aside.delete(item);
      else aside.add(item);
      corrected.delete(item);
      named.delete(item);
    }
    batch(() => {
      review.corrected.value = corrected;
      review.named.value = named;
      review.aside.value = aside;
    });
  }

  /**
   * Discard the classes that were given to `items`, or to all items. Pictures that are set aside
   * stay set aside.
   */
  forget(items?: OpenSheet["items"]): void {
    const { review } = this.state;
    this.awaited.clear();
    const gone = new Set(items?.map(({ item }) => item));
    const left = (given: ReadonlyMap<number, number>) =>
      new Map(items ? [...given].filter(([item]) => !gone.has(item)) : []);
    batch(() => {
      review.corrected.value = left(review.corrected.peek());
      review.named.value = left(review.named.peek());
    });
  }

  /**
   * Items to which a class key gives a class: the current picture, or the pictures of the current
   * group that were not corrected one by one. Empty if no picture can be corrected.
   */
  private current(): number[] {
    const { review } = this.state;
    const sheet = review.sheet.peek();
    const one = sheet?.status === "open" ? sheet.items[review.at.peek()] : undefined;
    if (!sheet || !one) return [];
    if (!review.whole.peek()) return [one.item];
    const corrected = review.corrected.peek();
    return groupOf(sheet, review.at.peek())
      .map(({ item }) => item)
      .filter((item) => !corrected.has(item));
  }
}
