/** Loader of the pages of thumbnails: fetches and decodes one page after the other. */
import { fetchThumbnails } from "../net/api.js";
import type { Atlas } from "../scene/cloud/atlas.js";
import { PageDecoder } from "../scene/cloud/page-decoder.js";

/** Shortest time between two pages in VR, ms, so that the headset can draw its frames. */
const VR_MS = 1000;
/**
 * Largest size of the kept files, bytes. They are compressed, and the browser keeps them outside
 * the memory of the page.
 */
const KEPT_BYTES = 64e6;

export class PageLoader {
  private readonly decoder = new PageDecoder();
  /** Pages that are requested one by one and not loaded, in the order of the requests. */
  private readonly wanted = new Set<number>();
  /** Loaded pages whose file has changed, because items were added to them. */
  private readonly changed = new Set<number>();
  /** Pages that the view needs and that are not loaded, the most needed page first. */
  private needed: number[] = [];
  /** Files of pages; the file that was not used for the longest time is first. */
  private readonly files = new Map<number, Blob>();
  private running = false;
  /** Page that is loaded now; -1 for none, or if the page was dropped meanwhile. */
  private loading = -1;
  private lastPage = Number.NEGATIVE_INFINITY;

  /**
   * @param presenting whether a headset draws the frames
   * @param onPage called after each page
   * @param onError called with the error if a page cannot be loaded; the next call of `want` or
   *   `need` starts the loading again
   */
  constructor(
    private readonly atlas: Atlas,
    private readonly presenting: () => boolean,
    private readonly onPage: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Load all pages, if the atlas can keep all of them. Otherwise `need` decides. */
  loadFirst(): void {
    const { layers, layout } = this.atlas;
    if (layers < layout.pages) return;
    for (let page = 0; page < layers; page++) this.want(page);
  }

  /** Load a page if it is not loaded. */
  want(page: number): void {
    if (this.atlas.has(page)) return;
    this.wanted.add(page);
    this.start();
  }

  /** Load a page again, because items were added to it. Its pictures stay visible. */
  again(page: number): void {
    this.files.delete(page);
    if (!this.atlas.has(page) && this.loading !== page) return;
    this.changed.add(page);
    this.start();
  }

  /** Whether no loaded page has to be loaded again. */
  get current(): boolean {
    return this.changed.size === 0;
  }

  /** Load the pages that the view needs, in this order, in place of those needed before. */
  need(pages: readonly number[]): void {
    this.atlas.use(pages);
    this.needed = pages.filter((page) => !this.atlas.has(page));
    if (this.needed.length > 0) this.start();
  }

  /** Forget the file of a page, because the items of its place have changed. */
  drop(page: number): void {
    this.files.delete(page);
    this.wanted.delete(page);
    this.needed = this.needed.filter((other) => other !== page);
    if (this.loading === page) this.loading = -1;
  }

  private start(): void {
    if (this.running) return;
    this.running = true;
    void this.run()
      .catch((error: unknown) => {
        this.needed = [];
        this.onError(error);
      })
      .finally(() => {
        this.running = false;
      });
  }

  /** The page to load next; undefined if none is missing. */
  private next(): number | undefined {
    for (const page of this.changed) {
      this.changed.delete(page);
      return page;
    }
    for (const page of this.wanted) {
      if (!this.atlas.has(page)) return page;
      this.wanted.delete(page); // requested again during its transfer
    }
    // Each needed page is loaded once. A page that is replaced during the loading stays replaced
    // until the view changes, because otherwise too many pages would replace each other for ever.
    let page = this.needed.shift();
    while (page !== undefined && this.atlas.has(page)) page = this.needed.shift();
    return page;
  }

  private async run(): Promise<void> {
    for (let page = this.next(); page !== undefined; page = this.next()) {
      this.loading = page;
      const levels = await this.decoder.decode(this.atlas.toDecode(await this.file(page)));
      await this.pause();
      if (this.loading !== page) continue;
      // Delete the page from `wanted` before the transfer. If the GPU loses all pages during the
      // transfer, the page is requested again, and must then stay in `wanted`.
      this.wanted.delete(page);
      await this.atlas.setPage(page, levels);
      this.onPage();
    }
  }

  /** The compressed file of a page. */
  private async file(page: number): Promise<Blob> {
    const file = this.files.get(page) ?? (await fetchThumbnails(page));
    if (this.loading !== page) return file;
    this.files.delete(page);
    this.files.set(page, file);
    let bytes = 0;
    for (const { size } of this.files.values()) bytes += size;
    for (const [old, { size }] of this.files) {
      if (bytes <= KEPT_BYTES) break;
      bytes -= size;
      this.files.delete(old);
    }
    return file;
  }

  private async pause(): Promise<void> {
    const left = this.lastPage + VR_MS - performance.now();
    if (this.presenting() && left > 0)
      await new Promise((resolve) => window.setTimeout(resolve, left));
    this.lastPage = performance.now();
  }
}
