/**
 * HTTP requests to the server, or to the files of a baked site. A failed request rejects with an
 * Error whose message is for the user.
 */
import type {
  Access,
  AccessAnswer,
  AccessRequested,
  AxisColumn,
  AxisColumns,
  BenchLogged,
  BenchReport,
  ClassWords,
  ColumnBins,
  Decide,
  ErrorBody,
  ErrorCode,
  Found,
  ItemInfo,
  PairingCode,
  SessionInfo,
  Sheet,
  Suggestion,
  Timeline,
  Whose,
} from "../protocol/messages.js";
import { readSceneFile, type SceneFile } from "../protocol/scene-file.js";
import { ServerError } from "./errors.js";
import { fetchKept } from "./picture-cache.js";
import * as site from "./site.js";
import type { Tiled } from "./tiled.js";

let tiled: Tiled | null = null;

/**
 * From now on, take the answers to questions about items from a scene in tiles. Item numbers of the
 * page are then slots (net/tiled.ts).
 */
export function useTiled(scene: Tiled): void {
  tiled = scene;
}

/** Number of the item in a slot. Without a scene in tiles, each slot is the number of its item. */
export const itemNumber = (slot: number) => tiled?.itemOf(slot) ?? slot;

async function get(
  path: string,
  options?: RequestInit,
  request: typeof fetchKept = fetch,
): Promise<Response> {
  const response = await request(path, options).catch(() => {
    // The browser's own message, such as "Failed to fetch", does not help the user.
    throw new Error("The server cannot be reached.");
  });
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as ErrorBody | null;
    throw new ServerError(
      (body?.code as ErrorCode | undefined) ?? "",
      body?.message ?? `The server answered with HTTP status ${response.status}.`,
    );
  }
  return response;
}

/** Answer to a request, as JSON. */
export async function getJson<T>(path: string): Promise<T> {
  return (await get(path)).json() as Promise<T>;
}

/** Send a file as the body of a request. */
export async function postFile<T>(path: string, file: Blob): Promise<T> {
  const headers = { "Content-Type": "application/octet-stream" };
  return (await get(path, { method: "POST", headers, body: file })).json() as Promise<T>;
}

/** Send a request with a JSON body. */
export async function post<T>(path: string, body: object): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return (
    await get(path, { method: "POST", headers, body: JSON.stringify(body) })
  ).json() as Promise<T>;
}

/** Columns whose values an axis of the map can show. */
export async function fetchAxisColumns(): Promise<AxisColumn[]> {
  const answer = (await (await get("/api/axes")).json()) as AxisColumns;
  return answer.columns;
}

export async function fetchSession(client: string): Promise<SessionInfo> {
  if (site.isSite) return site.session();
  return (
    await get(`/api/session?client=${encodeURIComponent(client)}`)
  ).json() as Promise<SessionInfo>;
}

export async function fetchScene(): Promise<SceneFile> {
  return readSceneFile(
    site.isSite ? await site.scene() : await (await get("/api/scene.glb")).arrayBuffer(),
  );
}

/** The project in an export format, with the file name that the server gives. */
export async function fetchExport(format: string): Promise<{ name: string; content: Blob }> {
  const answer = await get(`/api/export?format=${encodeURIComponent(format)}`);
  const disposition = answer.headers.get("Content-Disposition") ?? "";
  const name = /filename="([^"]+)"/.exec(disposition)?.[1] ?? `lodespace-${format}`;
  return { name, content: await answer.blob() };
}

export async function fetchThumbnails(page: number): Promise<Blob> {
  if (tiled) return tiled.pageFile(page);
  if (site.isSite) return site.thumbnails(page);
  return (await get(`/api/thumbnails/${page}.webp`, {}, fetchKept)).blob();
}

export async function fetchItemInfo(item: number): Promise<ItemInfo> {
  if (tiled) return tiled.infoOf(item);
  if (site.isSite) return site.itemInfo(item);
  return (await get(`/api/items/${item}/info`)).json() as Promise<ItemInfo>;
}

/** URL of the item's picture in full resolution; "" when only its thumbnail exists. */
export const pictureUrl = (item: number) =>
  tiled
    ? tiled.pictureUrl(item)
    : !site.isSite
      ? `/api/items/${item}`
      : site.hasCards
        ? `pictures/${item}.webp`
        : "";

/** Mesh or point cloud of an item, as bytes. */
export const fetchShape = async (item: number) =>
  site.isSite ? site.shape(item) : (await get(`/api/items/${item}/shape`)).arrayBuffer();

/** URL of the page that checks whether this browser supports VR. */
export const checkUrl = site.isSite ? "check.html" : "/check";

/** URL of the item's sound. */
export const soundUrl = (item: number) =>
  site.isSite ? `sounds/${item}.ogg` : `/api/items/${item}/sound`;

/** Words of the data that can name classes. On a static site, the list is empty. */
export async function fetchWords(): Promise<string[]> {
  if (site.isSite) return [];
  return ((await (await get("/api/words")).json()) as ClassWords).words;
}

/**
 * Find items. `items`: those whose id, path or columns contain `text`. `exact`: those whose id is
 * `text`.
 */
export async function searchItems(text: string): Promise<Found> {
  if (tiled) return { items: await tiled.search(text), exact: [] };
  if (site.isSite) return { items: await site.search(text), exact: [] };
  return (await get(`/api/search?q=${encodeURIComponent(text)}`)).json() as Promise<Found>;
}

/** The values of a column, in bins. */
export async function fetchColumn(
  name: string,
): Promise<Omit<ColumnBins, "codes"> & { codes: Uint8Array }> {
  const path = `/api/column?name=${encodeURIComponent(name)}`;
  const { codes, ...column } = await getJson<ColumnBins>(path);
  return { ...column, codes: Uint8Array.from(atob(codes), (letter) => letter.charCodeAt(0)) };
}

/** Rank of each item by a column of the data, or by the item's id. */
export async function fetchRanks(by: "id" | { column: string }): Promise<Uint32Array> {
  const query = by === "id" ? "by=id" : `name=${encodeURIComponent(by.column)}`;
  return new Uint32Array(await (await get(`/api/ranks?${query}`)).arrayBuffer());
}

export async function fetchTimeline(): Promise<Timeline> {
  if (site.isSite) return site.timeline();
  return (await get("/api/timeline")).json() as Promise<Timeline>;
}

/** Bytes `start` (inclusive) to `end` (exclusive) of the recording. */
export async function fetchRecording(start: number, end: number): Promise<ArrayBuffer> {
  if (site.isSite) return site.recordingPart(start, end);
  const response = await get("/api/recording", { headers: { Range: `bytes=${start}-${end - 1}` } });
  return response.arrayBuffer();
}

// Review, which a baked site does not offer ------------------------------------------------------

export async function fetchSheet(kind: Sheet["kind"], size: number): Promise<Sheet> {
  return (await get(`/api/sheet?kind=${kind}&size=${size}`)).json() as Promise<Sheet>;
}

export const fetchNext = async () => (await get("/api/next")).json() as Promise<Suggestion>;

/** Items on which a rule votes, as a packed set. */
export const fetchRuleItems = async (rule: number) =>
  new Uint8Array(await (await get(`/api/rules/${rule}/items`)).arrayBuffer());

/** Items with votes for different classes that nobody has decided, as a packed set. */
export const fetchRuleConflicts = async () =>
  new Uint8Array(await (await get("/api/rules/conflicts")).arrayBuffer());

/** Values of a cue, such as the density: one byte per item; 255 is strongest. */
export const fetchCue = async (cue: string) =>
  new Uint8Array(await (await get(`/api/cues/${cue}`)).arrayBuffer());

/** Write a report of this device to the log of the server. */
export const sendBenchReport = (report: BenchReport) => post<BenchLogged>("/api/bench", report);

/**
 * Number of labels of each other person among items. `packed`: the items as a packed set, base64.
 */
export const fetchWhose = (packed: string) => post<Whose>("/api/whose", { packed });

// Access -----------------------------------------------------------------------------------------

/** Request access for this device. */
export const requestAccess = (name: string) =>
  post<AccessRequested>("/api/access/request", { name });

export const pollAccess = (secret: string, name: string) =>
  post<AccessAnswer>("/api/access/poll", { secret, name });

export const pair = (code: string, name: string) =>
  post<AccessAnswer>("/api/access/pair", { code, name });

export const decideAccess = (decision: Decide) => post<Access>("/api/access/decide", decision);

export const blockAddress = (address: string, blocked: boolean) =>
  post<Access>("/api/access/block", { address, blocked });

export const makePairingCode = (role: "annotator" | "viewer") =>
  post<PairingCode>("/api/access/code", { role });

export const revokeAccess = (device: string) => post<Access>("/api/access/revoke", { device });
