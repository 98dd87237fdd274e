/**
 * Files that the page keeps between visits: pages of the atlas, models of controllers and hands.
 * A browser stores no file from a server with a certificate error (Chromium: "Do not cache content
 * with cert errors", net/http/http_cache_transaction.cc). A certificate that the server made itself
 * causes such an error. Therefore the page stores the files itself, each with its ETag, and asks
 * the server whether the tag is still current.
 */

const NAME = "lodespace-pictures";
/**
 * Largest number of bytes that the page keeps. For comparison, the 25 pages of 100,000 digits have
 * 16 MB.
 */
const MOST_BYTES = 128e6;
const TAG = "ETag";
/** Header of a kept file: time of the last use, ms. */
const USED = "X-Used";
const BYTES = "X-Bytes";
/** The time of the last use is updated at most once per day, because an update writes the whole
 * file. */
const DAY_MS = 86_400_000;

/**
 * Return the browser's store for kept files. Null if the browser has no such store, or if the page
 * needs none, because the browser caches files by itself.
 */
async function store(): Promise<Cache | null> {
  if (typeof caches === "undefined" || location.protocol !== "https:") return null;
  return caches.open(NAME).catch(() => null);
}

/**
 * Fetch a file. If the server answers 304, the tag is still current and the result is the stored
 * file. Otherwise the result is the server's answer.
 */
export async function fetchKept(url: string, options?: RequestInit): Promise<Response> {
  const kept = await store();
  const own = await kept?.match(url).catch(() => undefined);
  const tag = own?.headers.get(TAG);
  const answer = await fetch(
    url,
    tag ? { ...options, headers: { "If-None-Match": tag } } : options,
  );
  if (answer.status === 304 && own) {
    if (Date.now() - Number(own.headers.get(USED)) > DAY_MS)
      void keep(kept, url, own.clone()).catch(() => {});
    return own;
  }
  if (kept && answer.ok && answer.headers.get(TAG))
    void keep(kept, url, answer.clone()).catch(() => {});
  return answer;
}

/** Delete all stored files, because this device has no access any more. */
export async function forgetKept(): Promise<void> {
  if (typeof caches === "undefined") return;
  await caches.delete(NAME).catch(() => false);
}

async function keep(kept: Cache | null, url: string, answer: Response): Promise<void> {
  const blob = await answer.blob();
  if (!kept || blob.size > MOST_BYTES / 4) return;
  const headers = {
    "Content-Type": answer.headers.get("Content-Type") ?? "",
    [TAG]: answer.headers.get(TAG) ?? "",
    [BYTES]: String(blob.size),
    [USED]: String(Date.now()),
  };
  await kept.put(url, new Response(blob, { headers }));
  await makeRoom(kept);
}

/** Remove the least recently used files until the remaining files are small enough. */
async function makeRoom(kept: Cache): Promise<void> {
  const files: { request: Request; bytes: number; used: number }[] = [];
  for (const request of await kept.keys()) {
    const headers = (await kept.match(request))?.headers;
    const bytes = Number(headers?.get(BYTES) ?? 0);
    files.push({ request, bytes, used: Number(headers?.get(USED) ?? 0) });
  }
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  files.sort((a, b) => a.used - b.used);
  for (const { request, bytes } of files) {
    if (total <= MOST_BYTES) return;
    await kept.delete(request);
    total -= bytes;
  }
}
