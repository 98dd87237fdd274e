/** A class that the user has named and that the server is still to add. */
import { effect, untracked } from "@preact/signals";
import type { AppState } from "../state/app-state.js";

type Use = (classId: number) => void;

export class AwaitedClass {
  private awaited: { name: string; commandId: string; use: Use } | null = null;

  /** `add` sends the command that adds a class. */
  constructor(
    private readonly state: AppState,
    private readonly add: (name: string, commandId: string) => void,
  ) {
    effect(() => {
      const live = state.liveClasses.value;
      untracked(() => {
        const { awaited } = this;
        const info = live.find(({ name }) => name === awaited?.name);
        if (!awaited || !info) return;
        this.clear();
        awaited.use(info.class_id);
      });
    });
  }

  /**
   * Call `use` with the id of the class with this name: now, or as soon as the server has added the
   * class. A later call replaces the request.
   */
  obtain(name: string, use: Use): void {
    this.clear();
    const info = this.state.liveClasses.peek().find((one) => one.name === name);
    if (info) {
      use(info.class_id);
      return;
    }
    const commandId = crypto.randomUUID();
    this.awaited = { name, commandId, use };
    this.add(name, commandId);
  }

  /** Forget the request. The class is added nevertheless. */
  clear(): void {
    this.awaited = null;
  }

  /** Forget the request if the server has refused its command. */
  handleRefusal(commandId: string): void {
    if (this.awaited?.commandId === commandId) this.clear();
  }
}
