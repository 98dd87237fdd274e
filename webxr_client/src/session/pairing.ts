/** The pairing of this device: request access, show the code, and wait for the owner's decision. */
import type { Signal } from "@preact/signals";
import { pair, pollAccess, requestAccess } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import type { Pairing } from "../state/app-state.js";
import { personName } from "../state/person-name.js";

const POLL_MS = 1000;
/** Wait after a failed request, such as one refused because too many devices are waiting. */
const RETRY_MS = 5000;

const pause = (ms: number) => new Promise((resolve) => window.setTimeout(resolve, ms));

export class PairingFlow {
  /** Sequence number of the current request. Answers to earlier requests are ignored. */
  private request = 0;

  /**
   * @param pairing State of the pairing that the page shows; null when this device has access.
   * @param onAllowed Called when this device gets access.
   */
  constructor(
    private readonly pairing: Signal<Pairing | null>,
    private readonly onAllowed: () => void,
  ) {}

  /**
   * Show that access was revoked. The page requests access again only after the user has pressed
   * the button.
   */
  revoked(): void {
    this.request += 1;
    this.show("revoked");
  }

  /**
   * Request access. A request that expires is repeated. A request that is denied is not repeated.
   */
  async ask(): Promise<void> {
    const mine = ++this.request;
    while (mine === this.request) {
      const answer = await this.askOnce(mine);
      if (mine !== this.request) return;
      if (answer === "allowed") this.finish();
      if (answer !== "expired") return;
    }
  }

  /** Pair with a code. Rejects with a message for the user. */
  async enterCode(code: string): Promise<void> {
    await pair(code, personName());
    this.finish();
  }

  private finish(): void {
    this.request += 1;
    this.pairing.value = null;
    this.onAllowed();
  }

  /** Request access once, and poll until the owner decides or the request expires. */
  private async askOnce(mine: number): Promise<"allowed" | "denied" | "expired"> {
    this.show("asking");
    try {
      const asked = await requestAccess(personName());
      if (mine === this.request) this.show("waiting", asked.code);
      while (mine === this.request) {
        await pause(POLL_MS);
        const answer = await pollAccess(asked.secret, personName());
        if (answer.state === "waiting") continue;
        if (answer.state === "denied" && mine === this.request) this.show("denied");
        return answer.state;
      }
    } catch (error) {
      if (mine !== this.request) return "denied";
      this.show("failed", "", messageOf(error));
      await pause(RETRY_MS);
    }
    return "expired";
  }

  private show(state: Pairing["state"], code = "", message = ""): void {
    this.pairing.value = { state, code, message };
  }
}
