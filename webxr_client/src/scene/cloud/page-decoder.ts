/**
 * Decoding of pages of thumbnails in a worker. If there is no worker, or the worker fails, the main
 * thread decodes the pages.
 */
import { startWorker } from "../../net/worker-start.js";
import { decodePage, type PageToDecode } from "./decode-page.js";
import workerUrl from "./page-worker.js?worker&url";

export interface PageRequest {
  /** Number of the request, which the answer repeats. */
  id: number;
  page: PageToDecode;
}

export type PageAnswer =
  | { id: number; levels: Uint8Array<ArrayBuffer>[] }
  | { id: number; failed: string };

type Levels = Uint8Array<ArrayBuffer>[];

export class PageDecoder {
  private worker: Worker | null;
  private readonly waiting = new Map<number, (answer: PageAnswer | null) => void>();
  private sent = 0;

  constructor(start: () => Worker | null = () => startWorker(workerUrl)) {
    this.worker = start();
    if (!this.worker) return;
    this.worker.onmessage = ({ data }: MessageEvent<PageAnswer>) => {
      this.waiting.get(data.id)?.(data);
      this.waiting.delete(data.id);
    };
    this.worker.onerror = () => this.stop();
  }

  /** Decode a page into the levels of its mipmap, largest first. */
  async decode(page: PageToDecode): Promise<Levels> {
    const answer = await this.ask(page);
    if (answer && "levels" in answer) return answer.levels;
    // The worker has failed: some browsers have no 2D canvas in workers. If the file is damaged,
    // this call throws as well.
    return decodePage(page);
  }

  /** Stop the worker. Pages are then decoded on the main thread. */
  stop(): void {
    this.worker?.terminate();
    this.worker = null;
    for (const answer of this.waiting.values()) answer(null);
    this.waiting.clear();
  }

  private ask(page: PageToDecode): Promise<PageAnswer | null> {
    const { worker } = this;
    if (!worker) return Promise.resolve(null);
    const id = ++this.sent;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      worker.postMessage({ id, page } satisfies PageRequest);
    });
  }
}
