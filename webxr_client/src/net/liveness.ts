/**
 * Check whether a stream still works after the device slept. A socket stays "open" for minutes when
 * the network forgot it during sleep, and nothing reports that until the operating system gives up.
 */

/** Time without a message after which a questioned stream counts as dead, in ms. */
export const ANSWER_MS = 3000;

export class Liveness {
  private timer: number | undefined;

  constructor(private readonly onDead: () => void) {}

  /** Begin a check: a message has to arrive within ANSWER_MS. */
  begin(): void {
    this.end();
    this.timer = window.setTimeout(() => {
      this.timer = undefined;
      this.onDead();
    }, ANSWER_MS);
  }

  /**
   * A message other than the answer has arrived. It restarts the time of a check: a large frame
   * before the answer can take longer than ANSWER_MS on a slow network. It does not end the check,
   * because messages that arrived before the sleep are handled after it.
   */
  seen(): void {
    if (this.timer !== undefined) this.begin();
  }

  /** End the check: the answer has arrived, or the socket is closed. */
  end(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
