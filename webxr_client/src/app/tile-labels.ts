/**
 * Labels and selections of a scene in tiles that a server shows (docs/tiles.md). The page has only
 * a part of the items. Therefore the server resolves the regions of a selection, and keeps the
 * selected items under a handle, which a label names.
 */
import { effect } from "@preact/signals";
import { fetchSession, post } from "../net/api.js";
import { messageOf } from "../net/errors.js";
import type { CommandOperation } from "../net/unanswered.js";
import type { Ack, Region, Selected, ServerOperation, TileChanges } from "../protocol/messages.js";
import type { TiledCloud } from "../scene/tiles/tiled-cloud.js";
import type { Tile } from "../scene/tiles/tileset.js";
import { storedClientId } from "../session/client-id.js";
import type { AppState } from "../state/app-state.js";

/** Time between two questions for labels that other clients changed, ms. */
const CHANGES_MS = 5000;

export class TileLabels {
  /** Tiles whose labels differ from those in their files. */
  private readonly changed = new Set<number>();
  private sequence = 0;
  /** Answer of the server to the regions of the current selection, or to the current search. */
  private selected: Promise<Selected> | null = null;

  constructor(
    private readonly state: AppState,
    private readonly tiles: readonly Tile[],
    private readonly cloud: () => TiledCloud,
  ) {}

  /** Ask for changes of labels now and from time to time. */
  async start(): Promise<void> {
    await this.refresh();
    window.setInterval(() => void this.refresh().catch(() => {}), CHANGES_MS);
  }

  /** Current labels of a tile; null if they are those in its file. */
  async labelsOf({ id }: Tile): Promise<Int16Array<ArrayBuffer> | null> {
    if (!this.changed.has(id)) return null;
    const response = await fetch(`/api/tiles/labels/${id}`);
    if (!response.ok) throw new Error(`The labels of tile ${id} could not be loaded.`);
    return new Int16Array(await response.arrayBuffer());
  }

  /** Ask the server for the items in regions; without regions, forget the answer. */
  resolve(regions: readonly Region[] | null): void {
    this.selected = null;
    if (!regions) return;
    const query = { op: "resolve", command_id: crypto.randomUUID(), regions };
    this.keep(post<Selected>("/api/select", query));
  }

  /** Use the items of an answer of the server for the next label. */
  keep(selected: Promise<Selected>): void {
    this.selected = selected;
    selected.then(
      ({ count }) => {
        const { tiled } = this.state;
        if (this.selected === selected && tiled.peek())
          tiled.value = { ...tiled.peek()!, selected: count };
      },
      () => {}, // the label reports the failure
    );
  }

  /** Carry out a command of the page. The answer is that of a server with a stream. */
  async answer(operation: CommandOperation): Promise<ServerOperation> {
    const { command_id } = operation;
    try {
      return { ...(await this.carryOut(operation)), command_id };
    } catch (error) {
      const message = messageOf(error);
      return { op: "refused", command_id, code: "bad_format", message };
    }
  }

  private async carryOut(operation: CommandOperation): Promise<Ack> {
    const { command_id } = operation;
    let ack: Ack;
    if (operation.op === "label") {
      if (!this.selected)
        throw new Error(
          "In a scene in tiles, draw around the items that you want to label, without subtracting.",
        );
      const { class_id, provenance } = operation;
      const { handle } = await this.selected;
      const label = { op: "label_selected", command_id, handle, class_id, provenance };
      ack = await post<Ack>("/api/labels", label);
      const count = ack.count.toLocaleString("en");
      ack = { ...ack, message: `${count} items changed, also those that are not loaded.` };
    } else if (operation.op === "undo") {
      ack = await post<Ack>("/api/undo", { op: "undo", command_id });
    } else if (operation.op === "add_class") {
      ack = await post<Ack>("/api/classes", operation);
      this.state.classes.value = (await fetchSession(storedClientId())).classes;
    } else throw new Error("This is not possible in a scene in tiles.");
    await this.refresh();
    return ack;
  }

  private async refresh(): Promise<void> {
    const response = await fetch(`/api/tiles/changes?since=${this.sequence}`);
    if (!response.ok) return;
    const { sequence, tiles } = (await response.json()) as TileChanges;
    this.sequence = sequence;
    for (const id of tiles) this.changed.add(id);
    const cloud = this.cloud();
    const loaded = tiles.map((id) => this.tiles[id]!).filter((tile) => cloud.pool.blocksOf(tile));
    for (const tile of loaded) {
      const labels = await this.labelsOf(tile);
      if (labels) cloud.setLabels(tile, labels);
    }
    if (loaded.length > 0) this.state.labelsVersion.value += 1;
  }
}

/** Call `resolve` with the regions of the selection when these describe the selection. */
export function followSelection(
  state: AppState,
  inRegions: (regions: readonly Region[]) => Uint32Array,
  resolve: (regions: readonly Region[] | null) => void,
): { reselect(): void } {
  let regions: readonly Region[] | null = null;
  let own: Uint32Array | null = null;
  effect(() => {
    const selection = state.selection.value;
    if (selection.items === own) return;
    own = selection.items;
    const drawn = selection.items.length > 0 && selection.regions.length > 0;
    const found = drawn ? inRegions(selection.regions) : null;
    const same =
      found?.length === own.length && found.every((slot, k) => slot === selection.items[k]);
    regions = same ? selection.regions : null;
    const tiled = state.tiled.peek();
    if (tiled?.selected) state.tiled.value = { ...tiled, selected: 0 };
    resolve(regions);
  });
  return {
    /** Select the items of the same regions again, after other tiles were loaded. */
    reselect() {
      const selection = state.selection.peek();
      if (!regions || selection.regions !== regions) return;
      const items = inRegions(regions);
      if (items.length === selection.items.length) return;
      own = items;
      state.selection.value = { ...selection, items };
    },
  };
}
