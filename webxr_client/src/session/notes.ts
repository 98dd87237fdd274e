/** Notices of this page about the user's last action. */
import type { AppState } from "../state/app-state.js";

export class Notes {
  /** Id of the command that the note is about; "" if it is about no command. */
  private about = "";

  constructor(private readonly state: AppState) {}

  /** Show a message in place of the previous note. `commandId`: the command that it is about. */
  show(message: string, commandId = ""): void {
    this.put("noted", message, commandId);
  }

  /** Show a message after the note of the same command, or in place of another note. */
  add(message: string, commandId: string): void {
    const note = this.state.notices.peek().find(({ code }) => code === "noted");
    const same = note && commandId !== "" && this.about === commandId;
    this.show(same ? `${note.message} ${message}` : message, commandId);
  }

  /** Show in place of the previous note that something failed. */
  fail(message: string): void {
    this.put("failed", message, "");
  }

  private put(code: "noted" | "failed", message: string, commandId: string): void {
    const { notices } = this.state;
    const others = notices.peek().filter((notice) => notice.topic !== "undo");
    this.about = commandId;
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
