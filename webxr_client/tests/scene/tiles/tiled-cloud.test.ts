import { describe, expect, it, vi } from "vitest";
import type { PointCloud } from "../../../src/scene/cloud/point-cloud.js";
import { SlotPool } from "../../../src/scene/tiles/slot-pool.js";
import { TileRequests } from "../../../src/scene/tiles/tile-requests.js";
import { type TileContent, TiledCloud } from "../../../src/scene/tiles/tiled-cloud.js";
import type { Tile } from "../../../src/scene/tiles/tileset.js";
import { Annotations } from "../../../src/state/annotations.js";
import { BLOCK } from "../../../src/state/item-blocks.js";
import { LatentState } from "../../../src/state/latent-state.js";
import { octree, showing } from "./tree.js";

describe("the slots", () => {
  const [a, b, c, d] = octree(2, BLOCK + 10).tiles as [Tile, Tile, Tile, Tile];

  it("belong to the items of a tile, in blocks", () => {
    const pool = new SlotPool(4);
    pool.take(a, new Set());
    const blocks = pool.take(b, new Set())!;
    expect(blocks.map((block) => pool.countIn(block))).toEqual([BLOCK, 10]);
    const item = b.first + BLOCK + 3;
    const slot = pool.slotOf(b, item);
    expect(slot).toBe(blocks[1]! * BLOCK + 3);
    expect([pool.itemOf(slot), pool.slotOf(c, c.first)]).toEqual([item, -1]);
  });

  it("go to another tile when the tile was not used for longest and is not needed", () => {
    const gone: number[] = [];
    const pool = new SlotPool(6, (block) => gone.push(block));
    for (const tile of [a, b, c]) pool.take(tile, new Set());
    pool.use([a]);
    const taken = pool.take(d, new Set([b]));
    expect([...pool.loadedTiles]).toEqual([b, a, d]);
    expect(gone.toSorted()).toEqual([...taken!].toSorted());
    expect(pool.take(c, new Set([a, b, d]))).toBeNull();
  });
});

describe("the requests", () => {
  const tiles = octree(3, 10).tiles;
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

  it("are few at a time, in the order of need, and cancelled when not needed", async () => {
    const asked: number[] = [];
    const cancelled: number[] = [];
    const arrive = new Map<number, () => void>();
    const requests = new TileRequests<number>(
      (tile, signal) =>
        new Promise((resolve, reject) => {
          asked.push(tile.id);
          arrive.set(tile.id, () => resolve(tile.id));
          signal.addEventListener("abort", () => {
            cancelled.push(tile.id);
            reject(new Error("cancelled"));
          });
        }),
      () => {},
      (error) => expect(error).toBeNull(),
    );
    requests.request(tiles.slice(5, 20), 0);
    expect(asked).toEqual([5, 6, 7, 8, 9, 10]);
    requests.request([tiles[6]!, tiles[30]!], 0);
    await settle();
    expect(cancelled).toEqual([5, 7, 8, 9, 10]);
    requests.request([tiles[6]!, tiles[30]!], 0);
    arrive.get(6)!();
    await settle();
    expect([requests.take()?.content, requests.take()]).toEqual([6, undefined]);
    expect(asked.at(-1)).toBe(30);
  });

  it("are repeated a while after a failure", async () => {
    let failures = 0;
    const onError = vi.fn();
    const requests = new TileRequests<number>(
      async () => {
        failures += 1;
        throw new Error("offline");
      },
      () => {},
      onError,
    );
    for (const now of [0, 100, 4000, 6000]) {
      requests.request([tiles[0]!], now);
      await settle();
    }
    expect([failures, onError.mock.calls.length]).toEqual([2, 2]);
  });
});

describe("the cloud", () => {
  const COUNT = 50;

  /** A cloud whose tiles arrive at once. Items lie at the middle of their tile. */
  function make(levels: number, points: number) {
    const tileset = octree(levels, COUNT);
    const latent = new LatentState();
    const annotations = new Annotations();
    const drawn: number[][] = [];
    const replaced: number[] = [];
    const fake = {
      replaceItems: (first: number) => replaced.push(first / BLOCK),
      setDrawn: (order: Uint32Array, count: number) => drawn.push([...order.subarray(0, count)]),
    };
    const content = (tile: Tile): TileContent => {
      const positions = new Uint16Array(4 * COUNT);
      const at = tile.low.map((low, axis) => ((low + tile.high[axis]!) / 2 + 0.5) * 65535);
      for (let k = 0; k < COUNT; k++) positions.set([...at, 7], 4 * k);
      const labels = new Int16Array(COUNT).fill(tile.id % 5);
      const predictions = new Int16Array(COUNT).fill(-1);
      return { n: COUNT, positions, labels, predictions, confidence: new Uint8Array(COUNT) };
    };
    const asked: number[] = [];
    const blocks: number[] = [];
    const tiled = new TiledCloud(
      tileset,
      async (tile) => {
        asked.push(tile.id);
        return content(tile);
      },
      points,
      {
        ...{ latent, annotations, cloud: fake as unknown as PointCloud },
        onBlock: (block) => blocks.push(block),
        onPut: () => {},
        onError: (error) => expect(error).toBeNull(),
      },
    );
    latent.to = tiled.emptyPositions();
    latent.n = latent.to.length / 4;
    const labels = new Int16Array(latent.n).fill(-1);
    annotations.reset(labels, labels, new Uint8Array(latent.n));
    let now = 0;
    /** Draw frames of a view until nothing changes. */
    const show = async (view: ReturnType<typeof showing>, budget = points) => {
      for (let frame = 0; frame < 60; frame++) {
        now += 101;
        tiled.update(view, { points: budget, spacing: 3 }, now);
        await Promise.resolve();
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    };
    return { tiled, latent, annotations, drawn, asked, blocks, replaced, show };
  }

  it("loads and draws the tiles of a view, and finer ones when the camera is near", async () => {
    const { tiled, drawn, latent, annotations, show } = make(3, 1e6);
    await show(showing(-1, 1, 150));
    expect(tiled.drawn.length).toBe(9);
    expect(drawn.at(-1)!.length).toBe(9 * COUNT);
    await show(showing(0.3, 0.4, 600));
    expect(tiled.drawn.length).toBe(1 + 4 + 16);
    for (const slot of drawn.at(-1)!) {
      expect(latent.to[4 * slot + 3]).toBe(0);
      expect(annotations.labels[slot]).toBe(Math.floor(tiled.pool.itemOf(slot) / COUNT) % 5);
    }
  });

  it("requests a tile once, and draws none before its parent", async () => {
    const { asked, drawn, show, tiled } = make(3, 1e6);
    await show(showing(-1, 1, 600));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBe(73);
    expect(drawn[0]!.length).toBeLessThanOrEqual(2 * COUNT);
    await show(showing(-1, 1, 150));
    await show(showing(-1, 1, 600));
    expect(asked.length).toBe(73);
    expect(tiled.drawn.length).toBe(73);
  });

  it("gives up tiles out of view when there is no space, and clears their items", async () => {
    const { tiled, asked, blocks, latent, annotations, drawn, show } = make(4, 20 * COUNT);
    expect(tiled.pool.blocks).toBeLessThan(40);
    for (const x of [-0.4, -0.2, 0, 0.2, 0.4]) await show(showing(x - 0.1, x + 0.1, 2000));
    expect(asked.length).toBeGreaterThan(tiled.pool.blocks);
    expect(blocks.length).toBeGreaterThan(0);
    const slots = Array.from({ length: latent.n }, (_, slot) => slot);
    const existing = slots.filter((slot) => latent.to[4 * slot + 3] === 0);
    expect(existing.length).toBe([...tiled.pool.loadedTiles].length * COUNT);
    expect(existing.every((slot) => tiled.pool.itemOf(slot) >= 0)).toBe(true);
    const labelled = slots.filter((slot) => annotations.labels[slot]! >= 0);
    expect(labelled).toEqual(existing);
    expect(drawn.at(-1)!.length).toBeLessThanOrEqual(20 * COUNT);
  });

  it("requests no more tiles than there is space for, if the tiles have few items", async () => {
    const { tiled, asked, show } = make(4, 400 * COUNT);
    expect(tiled.pool.blocks).toBeLessThan(40);
    await show(showing(-1, 1, 2000));
    expect(asked.length).toBe(tiled.pool.blocks);
    expect([tiled.drawn.length, tiled.missing]).toEqual([tiled.pool.blocks, 0]);
  });
});
