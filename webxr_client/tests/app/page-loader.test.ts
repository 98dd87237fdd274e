/** Loading of pages of thumbnails, with a fake atlas. */
import { expect, it, vi } from "vitest";
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
  expect(fetched).toEqual([0, 1, 0]);
  loader.want(0);
  expect([fetched.length, onError.mock.calls]).toEqual([3, []]);
});
