/** Has the browser ask before the page is left. The listener is there only as long as it is needed: with one, browsers keep no page for going back to. */
export class LeaveGuard {
  private on = false;

  /** Whether something would be lost. */
  set needed(needed: boolean) {
    if (needed === this.on) return;
    this.on = needed;
    if (needed) window.addEventListener("beforeunload", ask);
    else window.removeEventListener("beforeunload", ask);
  }
}

const ask = (event: Event) => event.preventDefault();
