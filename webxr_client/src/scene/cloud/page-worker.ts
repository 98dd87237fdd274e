/**
 * Worker that decodes pages of pictures. A page takes 50 to 100 ms of the main thread, in which a
 * headset misses several frames.
 */
import { decodePage } from "./decode-page.js";
import type { PageAnswer, PageRequest } from "./page-decoder.js";

interface WorkerScope {
  onmessage: ((event: MessageEvent<PageRequest>) => void) | null;
  postMessage(message: PageAnswer, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data: { id, page } }) => {
  decodePage(page).then(
    (levels) =>
      scope.postMessage(
        { id, levels },
        levels.map(({ buffer }) => buffer),
      ),
    (error: unknown) => scope.postMessage({ id, failed: String(error) }, []),
  );
};
