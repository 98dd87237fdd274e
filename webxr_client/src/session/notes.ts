/** Notices of this page about the user's last action. */
import type { AppState } from "../state/app-state.js";

export class Notes {
  constructor(private readonly state: AppState) {}

  /** Show a message in place of the previous note. */
  show(message: string): void {
    this.put("noted", message);
  }

  /** Show a message after the note of the same action. */
  add(message: string): void {
    const note = this.state.notices.peek().find(({ code }) => code === "noted");
    this.show(note ? `${note.message} ${message}` : message);
  }

  /** Show in place of the previous note that something failed. */
  fail(message: string): void {
    this.put("failed", message);
  }

  private put(code: "noted" | "failed", message: string): void {
    const { notices } = this.state;
    const others = notices.peek().filter((notice) => notice.topic !== "undo");
    notices.value = [...others, { op: "notice", topic: "undo", code, message, mend: null }];
  }

  /** Remove the note; called when the next action begins. */
  clear(): void {
    const { notices } = this.state;
    notices.value = notices
      .peek()
      .filter((notice) => notice.code !== "noted" && notice.code !== "failed");
  }
}
