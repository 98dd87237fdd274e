/** Before the door: this device asks to be let in, shows its code, and waits for the owner's word. */
import type { Signal } from "@preact/signals";
import { pair, pollAccess, requestAccess } from "../net/api.js";
import type { Door } from "../state/app-state.js";

const POLL_MS = 1000;
/** After a failure, such as too many who wait. */
const AGAIN_MS = 5000;

const pause = (ms: number) => new Promise((resolve) => window.setTimeout(resolve, ms));

export class Knocking {
  /** Counts the times it was asked anew: what an earlier asking hears does not count any more. */
  private round = 0;

  constructor(
    private readonly door: Signal<Door | null>,
    private readonly opened: () => void,
  ) {}

  /** This device has been shut out: it asks again only when its person wants it. */
  shutOut(): void {
    this.round += 1;
    this.tell("revoked");
  }

  /** Ask, and ask again when nobody answers; not when the owner said no. */
  async ask(): Promise<void> {
    const mine = ++this.round;
    while (mine === this.round) {
      const answer = await this.askOnce(mine);
      if (mine !== this.round) return;
      if (answer === "allowed") this.enter();
      if (answer !== "expired") return;
    }
  }

  /** Come in by a pairing code. Rejects with words for a person. */
  async enterCode(code: string): Promise<void> {
    await pair(code);
    this.enter();
  }

  private enter(): void {
    this.round += 1;
    this.door.value = null;
    this.opened();
  }

  private async askOnce(mine: number): Promise<"allowed" | "denied" | "expired"> {
    this.tell("asking");
    try {
      const asked = await requestAccess();
      if (mine === this.round) this.tell("waiting", asked.code);
      while (mine === this.round) {
        await pause(POLL_MS);
        const answer = await pollAccess(asked.secret);
        if (answer.state === "waiting") continue;
        if (answer.state === "denied" && mine === this.round) this.tell("denied");
        return answer.state;
      }
    } catch (error) {
      if (mine !== this.round) return "denied";
      this.tell("failed", "", error instanceof Error ? error.message : String(error));
      await pause(AGAIN_MS);
    }
    return "expired";
  }

  private tell(state: Door["state"], code = "", message = ""): void {
    this.door.value = { state, code, message };
  }
}
