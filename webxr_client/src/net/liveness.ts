/**
 * Check whether a stream still works after the device slept. During sleep, the network can drop the
 * connection. The socket then stays "open" for minutes, until the operating system gives up.
 */

/** Time in ms without a message after which a stream that is being checked counts as dead. */
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
   * Handle a message other than the answer. The message restarts the time of the check: on a slow
   * network, a large frame before the answer can take longer than ANSWER_MS. The message does not
   * end the check, because it may have arrived before the device slept.
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
