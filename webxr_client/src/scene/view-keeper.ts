/** Decides when the view is built again after the graphics processor has lost it. */
import type { ViewState } from "../state/view-state.js";

/** Time in ms in which the browser can restore a lost context, before the view is built again. */
export const RESTORE_MS = 1500;
/** Wait before the second attempt to build the view, ms. Each further wait is twice as long. */
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30_000;
/**
 * Largest number of losses within LOSSES_MS after which the page builds the view without a request
 * of the user. If the view itself overloads the graphics processor, more attempts would disturb all
 * other programs.
 */
const MOST_LOSSES = 3;
const LOSSES_MS = 60_000;

const OFTEN_LOST =
  `The graphics processor lost this page's view more than ${MOST_LOSSES} times ` +
  "within a minute.";

export interface ViewParts {
  /** Builds the view. Returns "" on success, otherwise the reason of the browser. */
  build(): string;
  /** Ends VR, whose session belongs to the lost view. Called before `build`. */
  leaveVr(): Promise<void>;
  /** Called with each new state, and whether the view was shown again after a loss. */
  show(view: ViewState, again: boolean): void;
  /** Time, ms. */
  now(): number;
  /** Whether the user can see the page. */
  visible(): boolean;
}

export class ViewKeeper {
  private losses: number[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retry = FIRST_RETRY_MS;
  private shown = false;
  /** Whether the view has to be built when the user returns to the page. */
  private waiting = false;
  private begun = false;

  constructor(private readonly parts: ViewParts) {}

  /** Build the first view. */
  start(): void {
    this.attempt();
  }

  /** Handle the loss of the view. */
  lost(): void {
    this.shown = false;
    const now = this.parts.now();
    this.losses = [...this.losses.filter((time) => now - time < LOSSES_MS), now];
    this.parts.show({ status: "lost" }, false);
    this.after(RESTORE_MS);
  }

  /** Handle the restoration of the context by the browser. */
  restored(): void {
    this.done();
  }

  /** The user requests the view. */
  again(): void {
    this.losses = [];
    this.retry = FIRST_RETRY_MS;
    void this.build();
  }

  /** The user has returned to the page. */
  returned(): void {
    if (this.waiting) void this.build();
  }

  private after(ms: number): void {
    clearTimeout(this.timer);
    this.waiting = true;
    this.timer = setTimeout(() => {
      // Browsers refuse or drop contexts of pages in the background.
      if (this.parts.visible()) void this.build();
    }, ms);
  }

  private async build(): Promise<void> {
    clearTimeout(this.timer);
    this.waiting = false;
    if (this.losses.length > MOST_LOSSES) {
      this.parts.show({ status: "failed", reason: OFTEN_LOST, retries: false }, false);
      return;
    }
    await this.parts.leaveVr();
    if (!this.shown) this.attempt(); // otherwise the browser has restored the context meanwhile
  }

  private attempt(): void {
    const reason = this.parts.build();
    if (reason === "") {
      this.done();
      return;
    }
    this.parts.show({ status: "failed", reason, retries: true }, false);
    this.after(this.retry);
    this.retry = Math.min(LONGEST_RETRY_MS, 2 * this.retry);
  }

  private done(): void {
    clearTimeout(this.timer);
    this.waiting = false;
    this.shown = true;
    this.retry = FIRST_RETRY_MS;
    this.parts.show({ status: "shown" }, this.begun);
    this.begun = true;
  }
}
