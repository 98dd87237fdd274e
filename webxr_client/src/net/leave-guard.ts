/**
 * Makes the browser ask the user before the page is closed. The listener is installed only while
 * commands could be lost, because browsers do not keep a page with this listener in their
 * back-forward cache.
 */
export class LeaveGuard {
  private on = false;

  /** Whether closing the page would lose commands. */
  set needed(needed: boolean) {
    if (needed === this.on) return;
    this.on = needed;
    if (needed) window.addEventListener("beforeunload", ask);
    else window.removeEventListener("beforeunload", ask);
  }
}

const ask = (event: Event) => event.preventDefault();
