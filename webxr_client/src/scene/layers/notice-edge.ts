/**
 * Lower edge of the notices over the cloud, CSS pixels; 0 without notices. It is measured when the
 * notices change their size: a measurement in every frame can make the browser compute the layout.
 */
export class NoticeEdge {
  private element: HTMLElement | null = null;
  private low = 0;
  private readonly observer: ResizeObserver;

  /** `onChange` is called after the edge has changed. */
  constructor(onChange: () => void) {
    this.observer = new ResizeObserver(() => {
      const { offsetTop = 0, offsetHeight = 0 } = this.element ?? {};
      this.low = offsetHeight && offsetTop + offsetHeight;
      onChange();
    });
  }

  get value(): number {
    // Another mode of the page has other notices.
    if (!this.element?.isConnected) {
      this.observer.disconnect();
      this.element = document.querySelector(".notices");
      this.low = 0;
      if (this.element) this.observer.observe(this.element);
    }
    return this.low;
  }
}
