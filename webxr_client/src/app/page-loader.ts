/** Loader of the pages of thumbnails: fetches and decodes one page after the other. */
import { fetchThumbnails } from "../net/api.js";
import type { Atlas } from "../scene/cloud/atlas.js";
import { PageDecoder } from "../scene/cloud/page-decoder.js";

/** Shortest time between two pages in VR, ms, so that the headset can draw its frames. */
const VR_MS = 1000;

export class PageLoader {
  private readonly decoder = new PageDecoder();
  /** Pages that are needed and not loaded, in the order in which they were requested. */
  private readonly wanted = new Set<number>();
  private running = false;
  private lastPage = Number.NEGATIVE_INFINITY;

  /**
   * @param presenting whether a headset draws the frames
   * @param onPage called after each page
   * @param onError called with the error if a page cannot be loaded; the next call of `want` starts
   *   the loading again
   */
  constructor(
    private readonly atlas: Atlas,
    private readonly presenting: () => boolean,
    private readonly onPage: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Load the first pages, as many as the atlas keeps. */
  loadFirst(): void {
    for (let page = 0; page < this.atlas.layers; page++) this.want(page);
  }

  /** Load a page if it is not loaded. */
  want(page: number): void {
    if (this.atlas.has(page)) return;
    this.wanted.add(page);
    if (this.running) return;
    this.running = true;
    void this.run()
      .catch(this.onError)
      .finally(() => {
        this.running = false;
      });
  }

  private async run(): Promise<void> {
    for (const page of this.wanted) {
      if (this.atlas.has(page)) {
        this.wanted.delete(page); // requested again during its transfer
        continue;
      }
      const file = await fetchThumbnails(page);
      const levels = await this.decoder.decode(this.atlas.toDecode(file));
      await this.pause();
      // Delete the page from `wanted` before the transfer. If the GPU loses all pages during the
      // transfer, the page is requested again, and must then stay in `wanted`.
      this.wanted.delete(page);
      await this.atlas.setPage(page, levels);
      this.onPage();
    }
  }

  private async pause(): Promise<void> {
    const left = this.lastPage + VR_MS - performance.now();
    if (this.presenting() && left > 0)
      await new Promise((resolve) => window.setTimeout(resolve, left));
    this.lastPage = performance.now();
  }
}
