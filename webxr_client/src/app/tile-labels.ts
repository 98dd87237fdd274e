/**
 * Labels and selections of a scene in tiles that a server shows (docs/tiles.md). The page has only
 * a part of the items. Therefore the page sends the regions of a selection to the server. The
 * server finds the items in the regions, stores them, and answers with a handle (the id of the
 * stored items). A command that labels the selection contains this handle.
 */
import { effect } from "@preact/signals";
import { getJson, post } from "../net/api.js";
import type { Connection } from "../net/connection.js";
import { messageOf, ServerError } from "../net/errors.js";
import type { CommandOperation } from "../net/unanswered.js";
import {
  type Ack,
  CLOSE_REVOKED,
  type Region,
  type Selected,
  type ServerOperation,
  type TileChanges,
} from "../protocol/messages.js";
import type { TiledCloud } from "../scene/tiles/tiled-cloud.js";
import type { Tile } from "../scene/tiles/tileset.js";
import { storedClientId } from "../session/client-id.js";
import type { AppState } from "../state/app-state.js";
import { items } from "../state/format.js";

/** Longest time that the server waits for a change before it answers, s. */
const WAIT_SECONDS = 25;
/**
 * Time between two requests for changes of a page in the background, and after a failure, ms. A
 * browser opens six connections to a server. Waiting requests of many pages would take all of them.
 */
const PAUSE_MS = 5000;

const pause = () => new Promise((resolve) => window.setTimeout(resolve, PAUSE_MS));
const isRevoked = (error: unknown) => error instanceof ServerError && error.code === "not_paired";

export class TileLabels {
  /** Number of the newest event that changed each tile; no number for an unchanged tile. */
  private readonly newest = new Map<number, number>();
  /** Number of the newest event whose labels the page shows, per tile. */
  private readonly shown = new Map<number, number>();
  private sequence = 0;
  private access = 0;
  /** Answer of the server to the regions of the current selection, or to the current search. */
  private selected: Promise<Selected> | null = null;
  private regions: readonly Region[] | null = null;
  private readonly client = `client=${encodeURIComponent(storedClientId())}`;

  constructor(
    private readonly state: AppState,
    private readonly connection: Connection,
    private readonly tiles: readonly Tile[],
    private readonly cloud: () => TiledCloud,
  ) {}

  /** Ask for changes now, and again whenever the server reports one. */
  async start(): Promise<void> {
    await this.refresh(0);
    void this.follow();
  }

  /** Current labels of a tile; null if they are those in its file. */
  async labelsOf({ id }: Tile): Promise<Int16Array<ArrayBuffer> | null> {
    for (;;) {
      const event = this.newest.get(id);
      if (event === undefined) return null;
      const response = await fetch(`/api/tiles/labels/${id}`);
      if (!response.ok) throw new Error(`The labels of tile ${id} could not be loaded.`);
      const labels = new Int16Array(await response.arrayBuffer());
      if (this.newest.get(id) !== event) continue; // the labels have changed meanwhile
      this.shown.set(id, event);
      return labels;
    }
  }

  /**
   * Load the labels of a tile again if they have changed since they were requested. Called after
   * the items of the tile were put into the arrays of the page.
   */
  onPut(tile: Tile): void {
    if (this.newest.get(tile.id) !== this.shown.get(tile.id)) void this.show([tile]);
  }

  /** Ask the server for the items in regions; without regions, forget the answer. */
  resolve(regions: readonly Region[] | null): void {
    this.selected = null;
    this.regions = regions;
    if (regions) this.keep(this.query(regions));
  }

  /** Give the items of `selected`, an answer of the server, to the next command that labels. */
  keep(selected: Promise<Selected>): void {
    this.selected = selected;
    selected.then(
      ({ count }) => {
        const { tiled } = this.state;
        if (this.selected === selected && tiled.peek())
          tiled.value = { ...tiled.peek()!, selected: count };
      },
      () => {}, // the command that labels reports the failure
    );
  }

  /**
   * Carry out a command of the page. Returns the operation with which a server would answer over
   * the stream.
   */
  async answer(operation: CommandOperation): Promise<ServerOperation> {
    const { command_id } = operation;
    try {
      return { ...(await this.carryOut(operation)), command_id };
    } catch (error) {
      const code = (error instanceof ServerError && error.code) || "bad_format";
      return { op: "refused", command_id, code, message: messageOf(error) };
    }
  }

  private async carryOut(operation: CommandOperation): Promise<Ack> {
    let ack: Ack;
    if (operation.op === "label") {
      ack = await this.label(operation);
      const changed = `${items(ack.count)} changed, including items that are not loaded.`;
      ack = { ...ack, message: changed };
    } else if (operation.op === "undo" || operation.op === "redo") {
      ack = await this.post(operation.op, operation);
    } else if (operation.op === "add_class") {
      ack = await this.post("classes", operation);
    } else throw new Error("This is not possible in a scene in tiles.");
    await this.refresh(0);
    return ack;
  }

  private async label(operation: CommandOperation & { op: "label" }): Promise<Ack> {
    const { selected, regions } = this;
    if (!selected)
      throw new Error(
        "In a scene in tiles, draw around the items that you want to label, without subtracting.",
      );
    const { command_id, class_id, provenance } = operation;
    const send = ({ handle }: Selected) =>
      this.post("labels", { op: "label_selected", command_id, handle, class_id, provenance });
    try {
      return await send(await selected);
    } catch (error) {
      // The server keeps few selections, and none after a restart.
      const forgotten = error instanceof ServerError && error.code === "unknown_selection";
      if (!forgotten || !regions) throw error;
      return send(await this.query(regions));
    }
  }

  private query(regions: readonly Region[]): Promise<Selected> {
    const query = { op: "resolve", command_id: crypto.randomUUID(), regions };
    return post<Selected>("/api/select", query);
  }

  private post(path: string, body: object): Promise<Ack> {
    return post<Ack>(`/api/${path}?${this.client}`, body);
  }

  /** Show changes of other pages, as long as the page is open. */
  private async follow(): Promise<never> {
    for (;;) {
      const wait = document.visibilityState === "visible" ? WAIT_SECONDS : 0;
      let works = true;
      try {
        await this.refresh(wait);
        if (this.state.connection.peek().status !== "none") this.connection.disable();
      } catch (error) {
        works = false;
        this.report(error);
      }
      if (!wait || !works) await pause();
    }
  }

  private report(error: unknown): void {
    const { status } = this.state.connection.peek();
    if (!isRevoked(error)) this.connection.report("waiting", messageOf(error));
    else if (status !== "refused")
      this.connection.report("refused", "The owner revoked this device's access.", CLOSE_REVOKED);
  }

  /** Ask for changes. The server answers at a change, or after `wait` seconds. */
  private async refresh(wait: number): Promise<void> {
    const { state } = this;
    const known = `since=${this.sequence}&access=${this.access}&wait=${wait}`;
    const changes = await getJson<TileChanges>(`/api/tiles/changes?${known}&${this.client}`);
    const { sequence, history, classes, access } = changes;
    this.access = changes.access_version ?? 0;
    if (access) state.access.value = access;
    if (sequence < this.sequence) return;
    this.sequence = sequence;
    if (history) state.history.value = history;
    if (classes) state.classes.value = classes;
    const ids = changes.tiles.filter((id) => (this.newest.get(id) ?? 0) < sequence);
    for (const id of ids) this.newest.set(id, sequence);
    await this.show(ids.map((id) => this.tiles[id]!));
  }

  /** Load and show the current labels of those tiles that the page has. */
  private async show(tiles: readonly Tile[]): Promise<void> {
    const cloud = this.cloud();
    const loaded = tiles.filter((tile) => cloud?.pool.blocksOf(tile));
    await Promise.all(
      loaded.map(async (tile) => {
        const labels = await this.labelsOf(tile);
        if (labels) cloud.setLabels(tile, labels);
      }),
    );
    if (loaded.length > 0) this.state.labelsVersion.value += 1;
  }
}

/**
 * Call `resolve` after each change of the selection: with the drawn regions if the selection
 * consists of the loaded items in these regions, otherwise with null.
 */
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
