/**
 * Undo of the gestures (actions of the user) of this page. The owner can also undo gestures of
 * other people: with a second undo that confirms the first, or with a button in the list of
 * devices.
 */
import type { Connection } from "../net/connection.js";
import type { Gesture } from "../protocol/messages.js";
import type { AppState } from "../state/app-state.js";
import {
  authorName,
  gestureText,
  isPageOfOwner,
  isThisPage,
  undoChoice,
} from "../state/undo-choice.js";
import type { EditPermission } from "./edit-permission.js";
import type { Notes } from "./notes.js";

export class Undoing {
  /** Note to show after the answer to an undo ("Undone: ..."), by the id of the undo command. */
  private readonly described = new Map<string, string>();
  /**
   * Question to the owner, shown as a note. The owner answers yes by another undo while the note is
   * shown.
   */
  private question = "";

  constructor(
    private readonly state: AppState,
    private readonly connection: Connection,
    private readonly permission: EditPermission,
    private readonly notes: Notes,
    private readonly clientId: string,
  ) {}

  /**
   * Undo the newest gesture of this page. On a page of the owner, undo the newest gesture that any
   * page of the owner made. If the owner has no gesture to undo, the first call asks the owner
   * whether to undo the newest gesture of another person. The next call undoes that gesture.
   */
  undo(): void {
    const { state, notes } = this;
    const asked = state.notices.peek().some(({ message }) => message === this.question);
    notes.clear();
    if (!this.permission.allowed()) return;
    const choice = undoChoice(state);
    // While commands are unanswered, the history may lack the gesture that the person wants to
    // undo.
    if (choice?.kind === "other" && state.connection.peek().pending === 0) {
      const { gesture } = choice;
      const question =
        `You have no gesture to undo. The newest gesture is this: ${this.describe(gesture)}. ` +
        "Undo again to undo that gesture.";
      if (asked && this.question === question) this.undoOf(gesture);
      else {
        this.question = question;
        notes.show(question);
      }
      return;
    }
    const owners = state.session.peek()?.role === "owner";
    const command_id = crypto.randomUUID();
    const newest = owners ? this.newestOfOwner() : undefined;
    if (newest && !isThisPage(newest.by, this.clientId))
      this.described.set(command_id, `Undone: ${this.describe(newest)}.`);
    this.connection.command({ op: "undo", command_id, ...(owners ? { owners } : {}) });
  }

  /** Undo `gesture`, which is the newest gesture of another person. Only the owner may do this. */
  undoOf(gesture: Gesture): void {
    this.question = "";
    this.notes.clear();
    if (!this.permission.allowed()) return;
    const command_id = crypto.randomUUID();
    this.described.set(command_id, `Undone: ${this.describe(gesture)}.`);
    this.connection.command({ op: "undo", command_id, gesture: gesture.gesture });
  }

  /**
   * Return a text about what an undo command has undone; "" for all other commands. Called after
   * the answer to the command.
   */
  noteOf(command_id: string): string {
    const text = this.described.get(command_id) ?? "";
    this.described.delete(command_id);
    return text;
  }

  private newestOfOwner(): Gesture | undefined {
    return this.state.history
      .peek()
      .gestures.findLast(
        ({ by, undone }) => !undone && (isThisPage(by, this.clientId) || isPageOfOwner(by)),
      );
  }

  private describe(gesture: Gesture): string {
    const { classes, access } = this.state;
    const author = authorName(gesture.by, access.peek());
    return `${gestureText(gesture, classes.peek())}, by ${author}`;
  }
}
