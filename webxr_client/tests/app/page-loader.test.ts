/** Loading of pages of thumbnails, with a fake atlas. */
import { describe, expect, it, vi } from "vitest";
import { PageLoader } from "../../src/app/page-loader.js";
import type { Atlas } from "../../src/scene/cloud/atlas.js";

const fetched: number[] = [];
vi.mock("../../src/net/api.js", () => ({
  fetchThumbnails: async (page: number) => {
    fetched.push(page);
    return new Blob();
  },
}));
vi.mock("../../src/scene/cloud/page-decoder.js", () => ({
  PageDecoder: class {
    decode = async () => [];
  },
}));

it("loads a page again that the GPU has lost while it was sent", async () => {
  const shown = new Set<number>();
  let sent = () => {};
  let lost = false;
  const atlas = {
    layers: 2,
    layout: { pages: 2 },
    has: (page: number) => shown.has(page),
    toDecode: (file: Blob) => file,
    setPage: (page: number) =>
      new Promise<void>((done) => {
        sent = () => {
          if (!lost) shown.add(page);
          lost = false;
          sent = () => {};
          done();
        };
      }),
  };
  const onError = vi.fn();
  const loader = new PageLoader(
    atlas as unknown as Atlas,
    () => false,
    () => {},
    onError,
  );
  loader.loadFirst();
  await vi.waitFor(() => expect(fetched).toEqual([0]));
  loader.want(0); // the atlas wants a picture of the page that is being sent
  await new Promise((resolve) => setTimeout(resolve, 5));
  lost = true;
  sent();
  loader.loadFirst();
  await vi.waitFor(() => {
    sent();
    expect([...shown].sort()).toEqual([0, 1]);
  });
  // The file of page 0 was kept.
  expect(fetched).toEqual([0, 1]);
  loader.want(0);
  expect([fetched.length, onError.mock.calls]).toEqual([2, []]);
});

/** An atlas of two layers, which replaces the page that was not used for the longest time. */
function smallAtlas(pages: number) {
  const order: number[] = [];
  const used: number[] = [];
  const atlas = {
    layers: 2,
    layout: { pages },
    has: (page: number) => used.includes(page),
    use: (needed: readonly number[]) => {
      for (const page of [...needed].reverse())
        if (used.includes(page)) used.push(...used.splice(used.indexOf(page), 1));
    },
    toDecode: (file: Blob) => file,
    setPage: async (page: number) => {
      order.push(page);
      used.push(page);
      if (used.length > 2) used.shift();
    },
  };
  return { atlas, order, used };
}

describe("more pages than layers", () => {
  const make = (fake: ReturnType<typeof smallAtlas>) =>
    new PageLoader(
      fake.atlas as unknown as Atlas,
      () => false,
      () => {},
      (error) => expect(error).toBeNull(),
    );

  it("are loaded as the view needs them, and others are given up", async () => {
    fetched.length = 0;
    const fake = smallAtlas(9);
    const loader = make(fake);
    loader.loadFirst();
    expect(fetched).toEqual([]);
    loader.need([3, 4]);
    await vi.waitFor(() => expect(fake.order).toEqual([3, 4]));
    loader.need([4, 5]);
    await vi.waitFor(() => expect(fake.order).toEqual([3, 4, 5]));
    expect(fake.used).toEqual([4, 5]);
  });

  it("do not replace each other for ever when a card needs a further page", async () => {
    const fake = smallAtlas(9);
    const loader = make(fake);
    loader.need([3, 4]);
    loader.want(7);
    await vi.waitFor(() => expect(fake.order).toContain(4));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fake.order.toSorted()).toEqual([3, 4, 7]);
  });

  it("are loaded again while they are shown, when items were added to them", async () => {
    const fake = smallAtlas(2);
    const loader = make(fake);
    loader.loadFirst();
    await vi.waitFor(() => expect(fake.order).toEqual([0, 1]));
    const before = fetched.length;
    loader.again(1);
    await vi.waitFor(() => expect(fake.order).toEqual([0, 1, 1]));
    expect(fetched.slice(before)).toEqual([1]);
    loader.again(7); // is not shown, so that it is fetched when it is needed
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(fake.order).toEqual([0, 1, 1]);
  });
});
