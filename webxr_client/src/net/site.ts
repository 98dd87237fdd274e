/**
 * A baked site: the answers of a server, read from files beside the page (written by
 * server/baking/static_site.py). A baked site differs from a page with a server only in the source
 * of the answers.
 */
import type { ItemInfo, SessionInfo, Timeline } from "../protocol/messages.js";

/** Contents of items.json: one list per field, indexed by item. */
export interface SiteItems {
  ids: string[];
  columns?: Record<string, string[]>;
  paths?: string[];
  starts?: number[];
  ends?: number[];
}

/** Whether this page is a baked site. */
export const isSite =
  typeof document !== "undefined" && document.documentElement.dataset.site === "baked";

/** Whether the site has pictures in full resolution beside the thumbnails. */
export const hasCards = isSite && document.documentElement.dataset.cards === "yes";

async function file(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok)
    throw new Error(
      `${path} is missing from this site (HTTP status ${response.status}). Copy the whole bake.`,
    );
  return response;
}

let items: Promise<SiteItems> | null = null;
let index: Promise<Timeline> | null = null;
let recording: Promise<ArrayBuffer> | null = null;

function allItems(): Promise<SiteItems> {
  items ??= file("items.json").then((response) => response.json() as Promise<SiteItems>);
  items.catch(() => {
    items = null;
  });
  return items;
}

export const session = async () => (await file("session.json")).json() as Promise<SessionInfo>;
export const scene = async () => (await file("scene.glb")).arrayBuffer();

/** Mesh or point cloud of an item, as bytes. Files that could not be read were left out. */
export async function shape(item: number): Promise<ArrayBuffer> {
  const response = await fetch(`shapes/${item}.bin`);
  if (!response.ok) throw new Error("This site does not have the shape of this item.");
  return response.arrayBuffer();
}

export const thumbnails = async (page: number) => (await file(`thumbnails/${page}.webp`)).blob();

/** The index of the recording. It is fetched once, because the recording of a site is finished. */
export async function timeline(): Promise<Timeline> {
  index ??= file("timeline.json").then((response) => response.json() as Promise<Timeline>);
  index.catch(() => {
    index = null;
  });
  return index;
}

/**
 * Bytes `start` (inclusive) to `end` (exclusive) of the recording. The file is fetched whole,
 * because some web servers do not serve parts of files.
 */
export async function recordingPart(start: number, end: number): Promise<ArrayBuffer> {
  recording ??= file("recording.lds").then((response) => response.arrayBuffer());
  recording.catch(() => {
    recording = null;
  });
  return (await recording).slice(start, end);
}

export async function itemInfo(item: number): Promise<ItemInfo> {
  return infoOf(await allItems(), item);
}

export function infoOf(all: SiteItems, item: number): ItemInfo {
  const columns = Object.entries(all.columns ?? {}).map(([name, values]) => ({
    name,
    value: values[item] ?? "",
  }));
  return {
    item,
    id: all.ids[item] ?? String(item),
    class_id: -1,
    gesture: 0,
    labelled_by: "",
    labelled_at: 0,
    prediction: -1,
    confidence: 0,
    path: all.paths?.[item] ?? "",
    columns,
    start: all.starts?.[item] ?? null,
    end: all.ends?.[item] ?? null,
  };
}

export async function search(text: string): Promise<number[]> {
  return matching(await allItems(), text);
}

/**
 * Items whose id, path or any column contains `text`, ascending. Case is ignored. With
 * `column:text`, only that column is searched.
 */
export function matching(all: SiteItems, text: string): number[] {
  const fields: Record<string, string[]> = { id: all.ids, path: all.paths ?? [], ...all.columns };
  const cut = text.indexOf(":");
  const column = cut > 0 ? fields[text.slice(0, cut)] : undefined;
  const wanted = (column ? text.slice(cut + 1) : text).toLowerCase();
  const lists = column ? [column] : Object.values(fields);
  const found: number[] = [];
  for (let item = 0; item < all.ids.length; item++)
    if (lists.some((list) => list[item]?.toLowerCase().includes(wanted))) found.push(item);
  return found;
}
