/**
 * Makes the browser ask before the page is closed. The listener is installed only while it is
 * needed, because browsers do not keep a page with such a listener in their back-forward cache.
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
