/**
 * Label commands. Items of locked classes are left out. Labels are shown before the server answers,
 * and refused labels are reverted.
 */
import { batch } from "@preact/signals";
import type { Connection } from "../net/connection.js";
import { type Ack, type Provenance, UNLABELED } from "../protocol/messages.js";
import { type AppState, NOTHING } from "../state/app-state.js";
import { withRecent } from "../state/class-rows.js";
import { MOST_LISTED } from "../state/commands.js";
import { count } from "../state/format.js";
import { replacedText } from "../state/overwritten.js";
import type { AwaitedClass } from "./awaited-class.js";
import { COMMAND_SLOT, chosen, newestRegions, upload } from "./chosen.js";
import type { EditPermission } from "./edit-permission.js";
import type { Notes } from "./notes.js";

export class Labelling {
  /** Callbacks of commands that the server has not answered yet; the keys are command ids. */
  private readonly waiting = new Map<string, (ack: Ack | null) => void>();

  constructor(
    private readonly state: AppState,
    private readonly connection: Connection,
    private readonly permission: EditPermission,
    private readonly notes: Notes,
    private readonly awaited: AwaitedClass,
  ) {}

  /**
   * Label the selection with the class of this name, by a call of `label`. A class that does not
   * exist is added.
   */
  labelAs(name: string, label: (classId: number) => void): void {
    const { selection } = this.state;
    const { items } = selection.peek();
    this.awaited.obtain(name, (classId) => {
      // The user may have selected other items since.
      if (selection.peek().items === items) label(classId);
      else this.notes.show(`The class “${name}” was added. Select items to label.`);
    });
  }

  /**
   * Label items with one class, as one gesture (an action that can be undone).
   *
   * @param classId Class; UNLABELED removes labels.
   * @param items Items to label; by default the selection, which is cleared afterwards.
   * @returns Whether the call labelled an item. If the command is too large to send, the labels are
   *   reverted, and the selection stays.
   */
  label(classId: number, items?: Uint32Array): boolean {
    const { state } = this;
    const selection = state.selection.peek();
    const wanted = items ?? selection.items;
    this.notes.clear();
    this.awaited.clear();
    if (!this.permission.allowed() || wanted.length === 0) return false;
    if (classId >= state.classes.peek().length) return false;
    const command_id = crypto.randomUUID();
    const unlocked = this.withoutLocked(wanted, command_id);
    if (unlocked.length === 0) return false;
    const { labels } = state.annotations;
    const classes = state.classes.peek();
    const replaced = replacedText(labels, unlocked, classId, classes, "were");
    state.annotations.show(command_id, unlocked, classId);
    const { fields, uploads } = chosen(unlocked);
    const sent = this.connection.command(
      {
        op: "label",
        command_id,
        ...fields,
        class_id: classId,
        revision: selection.revision >= 0 ? selection.revision : state.latent.revision,
        provenance: {
          tool: selection.tool,
          regions: newestRegions(selection.regions),
          note: selection.note ?? "",
          // A single picked item shows its picture, so its label counts as verified.
          verified: !items && selection.tool === "pick" && wanted.length === 1,
        },
      },
      uploads,
    );
    if (!sent) return false;
    if (replaced && classId >= 0 && unlocked.length > 1)
      this.noteReplaced(unlocked.length, classId, replaced, command_id);
    batch(() => {
      state.labelsVersion.value += 1;
      if (classId >= 0) state.recentClasses.value = withRecent(state.recentClasses.peek(), classId);
      if (!items) state.selection.value = NOTHING;
    });
    return true;
  }

  /** Show that a gesture has replaced labels. A gesture on one item is seen anyway. */
  private noteReplaced(items: number, classId: number, replaced: string, command: string): void {
    const { classes, keys } = this.state;
    const undo = keys.text("undo");
    const now = `${count(items)} items are “${classes.peek()[classId]?.name}” now`;
    this.notes.add(`${now}; ${replaced}.${undo ? ` ${undo} undoes this.` : ""}`, command);
  }

  /**
   * Label each item with its own class, as one gesture (an action that can be undone).
   *
   * @param items Items, ascending.
   * @param classIds One class per item.
   * @param provenance How the items were chosen; stored with the labels.
   * @returns Resolves with whether the server accepted the labels.
   */
  labelEach(items: Uint32Array, classIds: Int16Array, provenance: Provenance): Promise<boolean> {
    const { state } = this;
    this.notes.clear();
    this.awaited.clear();
    const command_id = crypto.randomUUID();
    const free = this.unlocked(items, command_id, classIds);
    const unlocked = items.filter((_, k) => free[k]);
    if (unlocked.length === 0) return Promise.resolve(true);
    const given = classIds.filter((_, k) => free[k]);
    const many = unlocked.length > MOST_LISTED;
    if (!provenance.blind) state.annotations.show(command_id, unlocked, given);
    state.labelsVersion.value += 1;
    return new Promise((resolve) => {
      this.waiting.set(command_id, (ack) => resolve(ack !== null));
      this.connection.command(
        {
          op: "label_each",
          command_id,
          ...(many
            ? { selection: COMMAND_SLOT }
            : { items: Array.from(unlocked), class_ids: Array.from(given) }),
          revision: state.latent.revision,
          provenance: { ...provenance, regions: newestRegions(provenance.regions ?? []) },
        },
        many ? [upload(COMMAND_SLOT, unlocked, { classIds: given })] : [],
      );
    });
  }

  /** Resolves with the answer to a command; null if the server refuses the command. */
  answerTo(commandId: string): Promise<Ack | null> {
    return new Promise((resolve) => {
      this.waiting.set(commandId, resolve);
    });
  }

  /**
   * Handle the answer to a command. If the server has accepted the command, keep the labels;
   * otherwise (`ack` is null) revert them.
   */
  handleAnswer(commandId: string, ack: Ack | null): void {
    const { annotations, labelsVersion } = this.state;
    if (ack) annotations.confirm(commandId);
    else if (annotations.revert(commandId)) labelsVersion.value += 1;
    this.waiting.get(commandId)?.(ack);
    this.waiting.delete(commandId);
  }

  /** Return the items whose current class is not locked. If some items are left out, show their
   * number to the user. */
  private withoutLocked(items: Uint32Array, commandId: string): Uint32Array {
    const free = this.unlocked(items, commandId);
    return items.filter((_, k) => free[k]);
  }

  /**
   * Return one number per item: 1 if the current class and the new class of the item are unlocked,
   * else 0. If some items are locked, show their number to the user.
   *
   * @param commandId Id of the command, to which the note belongs.
   * @param newClasses New class per item; absent if all items get one class, which is not locked.
   */
  private unlocked(items: Uint32Array, commandId: string, newClasses?: Int16Array): Uint8Array {
    const { classes, annotations } = this.state;
    const locked = classes.peek().map((info) => info.locked);
    const free = new Uint8Array(items.length);
    let left = items.length;
    const labels = annotations.trueLabels(items);
    items.forEach((_, k) => {
      if (locked[labels[k]!] || locked[newClasses?.[k] ?? UNLABELED]) return;
      free[k] = 1;
      left -= 1;
    });
    if (left === 1) this.notes.show("1 item is of a locked class and keeps its label.", commandId);
    if (left > 1)
      this.notes.show(
        `${count(left)} items are of locked classes and keep their labels.`,
        commandId,
      );
    return free;
  }
}
