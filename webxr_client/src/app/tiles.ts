/** A scene in tiles: shows it, and answers questions about its items (docs/tiles.md). */
import { batch, effect } from "@preact/signals";
import { cloudOf, itemsInRegion } from "../interaction/region-query.js";
import { useTiled } from "../net/api.js";
import type { Connection } from "../net/connection.js";
import { messageOf } from "../net/errors.js";
import { infoOf, isSite, matching, type SiteItems } from "../net/site.js";
import type { Region, Selected } from "../protocol/messages.js";
import { readSceneFile } from "../protocol/scene-file.js";
import type { PointCloud } from "../scene/cloud/point-cloud.js";
import { pointMetres } from "../scene/cloud/point-size.js";
import { shownView } from "../scene/shown-view.js";
import type { Stage } from "../scene/stage.js";
import { type TileContent, TiledCloud } from "../scene/tiles/tiled-cloud.js";
import { readTileset, type Tile, tileOf, tilePath } from "../scene/tiles/tileset.js";
import type { AppState } from "../state/app-state.js";
import { BLOCK } from "../state/item-blocks.js";
import { combine } from "../state/item-lists.js";
import type { Pictures } from "./bind-cloud.js";
import { flyTo } from "./fly-to.js";
import { followSelection, TileLabels } from "./tile-labels.js";

export interface TilesParts {
  state: AppState;
  stage: Stage;
  cloud: PointCloud;
  pictures: Pictures;
  connection: Connection;
}

/** Largest number of points that are drawn: with a mouse, with a finger, and in VR. */
const MOST_POINTS = { mouse: 2_500_000, finger: 600_000, vr: 250_000 };
/** Distance on screen between the points of a tile at which its children are drawn, CSS pixels. */
const SPACING = { page: 3, vr: 4 };
/** Time between two updates of numbers on the page, ms. */
const COUNT_MS = 1000;
/** Number of files with ids and columns that are kept. */
const MOST_FILES = 64;
/** Largest number of items that a search reads. */
const MOST_SEARCHED = 300_000;

/**
 * Show the scene whose tree is at `address`. Returns a function that is called before each frame.
 * Rejects with a message for the user.
 */
export async function showTiles(parts: TilesParts, address: URL): Promise<() => boolean> {
  const { state, stage, cloud } = parts;
  const { latent, annotations } = state;
  const tileset = readTileset(await (await load(address)).json());
  const { scene, tiles } = tileset;
  const asked = Number(new URLSearchParams(location.search).get("points"));
  const finger = window.matchMedia("(pointer: coarse)").matches;
  const most = asked > 0 ? asked : MOST_POINTS[finger ? "finger" : "mouse"];
  const at = (tile: Tile, suffix: string) => new URL(tilePath(tile.id, suffix), address);
  const fetchTile = async (tile: Tile, signal?: AbortSignal): Promise<TileContent> => {
    const content = readSceneFile(await (await load(at(tile, ".glb"), signal)).arrayBuffer());
    if (content.n !== tile.count)
      throw new Error(`Tile ${tile.id} is damaged. Make the tiles again.`);
    const current = await labels?.labelsOf(tile);
    return current ? { ...content, labels: current } : content;
  };
  const labels = isSite ? null : new TileLabels(state, parts.connection, tiles, () => tiled);
  const gone = new Set<number>();
  const tiled = new TiledCloud(tileset, fetchTile, most, {
    ...{ latent, annotations, cloud },
    onBlock: (block) => {
      gone.add(block);
      parts.pictures.drop(block);
    },
    onPut: (tile) => labels?.onPut(tile),
    onError: (error) => {
      console.warn(messageOf(error)); // the request is repeated
    },
  });
  const { pool } = tiled;
  const files = new ItemFiles((tile) => at(tile, ".json"));
  await labels?.start();
  const root = await fetchTile(tiles[0]!);
  const slots = pool.blocks * BLOCK;
  useTiled({
    itemOf: (slot) => pool.itemOf(slot),
    infoOf: async (slot) => {
      const tile = pool.tiles[Math.floor(slot / BLOCK)];
      const item = pool.itemOf(slot);
      if (labels) return (await load(new URL(`/api/items/${item}/info`, address))).json();
      if (!tile || !scene.item_files) return infoOf({ ids: [] }, item);
      return { ...infoOf(await files.of(tile), item - tile.first), item };
    },
    pictureUrl: (slot) => (isSite ? "" : `/api/items/${pool.itemOf(slot)}`),
    pageFile: async (page) => {
      const tile = pool.tiles[page];
      if (!tile) throw new Error("The tile of these pictures is not loaded any more.");
      return (await load(at(tile, `-${pool.parts[page]}.webp`))).blob();
    },
    search: async (text) => {
      const number = /^#(\d+)$/.exec(text)?.[1];
      if (number) return find(Number(number));
      if (labels) return searchServer(text);
      return scene.item_files ? searchLoaded(text) : [];
    },
  });

  const find = async (item: number): Promise<number[]> => {
    if (item >= scene.items) return [];
    const tile = tileOf(tiles, item);
    if (!pool.blocksOf(tile)) tiled.put(tile, await fetchTile(tile));
    const slot = pool.slotOf(tile, item);
    return slot < 0 ? [] : [slot];
  };
  /** Answer of the server to the newest search. */
  let answer: Selected | null = null;
  const searchServer = async (text: string): Promise<number[]> => {
    const query = new URL(`/api/search?q=${encodeURIComponent(text)}`, address);
    answer = (await (await load(query)).json()) as Selected;
    const found = await Promise.all(answer.items.map(find));
    return found.flat().sort((a, b) => a - b);
  };
  const searchLoaded = async (text: string): Promise<number[]> => {
    const found: number[] = [];
    let read = 0;
    for (const tile of tiled.drawn) {
      read += tile.count;
      if (read > MOST_SEARCHED) break;
      for (const k of matching(await files.of(tile), text)) {
        const slot = pool.slotOf(tile, tile.first + k);
        if (slot >= 0) found.push(slot);
      }
    }
    return found.sort((a, b) => a - b);
  };

  parts.pictures.candidates = (view) => tiled.blocksWithPictures(view);
  batch(() => {
    const { latent_dim, classes, pictures, ...box } = scene;
    const none = new Int16Array(slots).fill(-1);
    latent.setScene({
      ...{ n: slots, positions: tiled.emptyPositions(), labels: none, predictions: none },
      latent_dim,
      ...{ confidence: new Uint8Array(slots), classes, axes: [], box },
      ...{ revision: 0, scene_id: 1, sequence: 0, step: 0 },
    });
    latent.from = latent.to; // the points never move
    annotations.reset(none, none, new Uint8Array(slots));
    tiled.put(tiles[0]!, root);
    latent.coarsest = root.n;
    state.classes.value = isSite ? classes : state.session.peek()!.classes;
    state.tiled.value = { items: scene.items, loaded: root.n, selected: 0, loading: true };
    if (pictures) {
      const thumbnails = { ...pictures, pages: pool.blocks };
      state.session.value = { ...state.session.peek()!, thumbnails };
    }
    state.sceneVersion.value += 1;
    state.labelsVersion.value += 1;
    state.predictionsVersion.value += 1;
  });
  cloud.pointSize = pointMetres(scene.items, scene.latent_dim);

  if (labels) parts.connection.instead = (operation) => labels.answer(operation);
  const inRegions = (regions: readonly Region[]) =>
    regions
      .map((region) => itemsInRegion(cloudOf(latent), region))
      .reduce((all, more) => combine(all, more, false));
  const selection = followSelection(state, inRegions, (regions) => labels?.resolve(regions));

  effect(() => {
    const { items } = state.selection.value;
    if (items.length === 0 || items !== state.search.peek()?.items) return;
    if (answer) labels?.keep(Promise.resolve(answer));
    flyTo({ latent, stage, cloud }, items);
  });

  let counted = 0;
  let shownCount = latent.replaced;
  return () => {
    const now = performance.now();
    const view = shownView(stage, cloud);
    const inVr = view.presenting;
    const points = (inVr ? Math.min(most, MOST_POINTS.vr) : most) * cloud.drawnShare;
    const changed = tiled.update(view, { points, spacing: SPACING[inVr ? "vr" : "page"] }, now);
    if (gone.size > 0) forget(state, gone);
    const shown = state.tiled.peek()!;
    const loading = tiled.missing > 0;
    const isNew = shownCount !== latent.replaced && now - counted > COUNT_MS;
    if (isNew || loading !== shown.loading) {
      counted = now;
      shownCount = latent.replaced;
      let loaded = 0;
      for (const tile of pool.loadedTiles) loaded += tile.count;
      state.tiled.value = { ...shown, loaded, loading };
      selection.reselect();
    }
    return changed;
  };
}

async function load(address: URL, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(address, signal ? { signal } : {});
  if (response.ok) return response;
  const file = address.pathname.split("/").slice(-2).join("/");
  throw new Error(`${file} is missing (HTTP status ${response.status}). Copy the whole scene.`);
}

/** Remove the items of blocks that lost their tile from hover card, selection and search. */
function forget(state: AppState, gone: Set<number>): void {
  const isGone = (slot: number) => gone.has(Math.floor(slot / BLOCK));
  const selection = state.selection.peek();
  if (selection.items.some(isGone))
    state.selection.value = {
      ...selection,
      items: selection.items.filter((slot) => !isGone(slot)),
    };
  const search = state.search.peek();
  if (search?.items?.some(isGone))
    state.search.value = { ...search, items: search.items.filter((slot) => !isGone(slot)) };
  if (isGone(state.hovered.peek()?.item ?? -1)) state.hovered.value = null;
  gone.clear();
}

/** Files with ids and columns of tiles. */
class ItemFiles {
  private readonly files = new Map<Tile, Promise<SiteItems>>();

  constructor(private readonly address: (tile: Tile) => URL) {}

  of(tile: Tile): Promise<SiteItems> {
    const known = this.files.get(tile);
    if (known) return known;
    const file = load(this.address(tile)).then((response) => response.json() as Promise<SiteItems>);
    file.catch(() => this.files.delete(tile));
    this.files.set(tile, file);
    const oldest = this.files.keys().next().value;
    if (this.files.size > MOST_FILES && oldest) this.files.delete(oldest);
    return file;
  }
}
