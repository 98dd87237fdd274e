/** Thumbnails when items are added and when the graphics processor loses its data. */
import { expect, it, vi } from "vitest";
import { bindThumbnails } from "../../src/app/bind-cloud.js";
import type { SessionInfo, Thumbnails } from "../../src/protocol/messages.js";
import type { PointCloud } from "../../src/scene/cloud/point-cloud.js";
import type { Stage } from "../../src/scene/stage.js";
import { AppState } from "../../src/state/app-state.js";

/** Calls of atlases and loaders, as "number of pages: call". */
const { calls } = vi.hoisted(() => ({ calls: [] as string[] }));

vi.mock("../../src/scene/cloud/atlas.js", () => ({
  Atlas: class {
    constructor(readonly layout: Thumbnails) {}
    forget = () => calls.push(`${this.layout.pages}: forget`);
    dispose = () => {};
  },
}));
vi.mock("../../src/app/page-loader.js", () => ({
  PageLoader: class {
    constructor(readonly atlas: { layout: Thumbnails }) {}
    loadFirst = () => calls.push(`${this.atlas.layout.pages}: load`);
    again = (page: number) => calls.push(`${this.atlas.layout.pages}: page ${page} again`);
  },
}));

it("load only the newest pages after a loss, also when items have been added", () => {
  vi.stubGlobal("navigator", { deviceMemory: 8 });
  const state = new AppState();
  const stage = { drawable: false, renewed: [] as (() => void)[] };
  const cloud = { expectPictures: () => {} };
  const show = (pages: number, n_items: number) => {
    const thumbnails = { pages, columns: 4, page_size: 64 } as Thumbnails;
    state.session.value = { thumbnails, n_items } as SessionInfo;
  };
  bindThumbnails(state, stage as unknown as Stage, cloud as unknown as PointCloud, {
    current: null,
  });
  const did = () => calls.splice(0);
  const lose = () => {
    for (const renewed of stage.renewed) renewed();
    return did();
  };
  expect(lose()).toEqual([]);
  show(1, 12);
  expect(did()).toEqual(["1: load"]);
  show(1, 15);
  expect(did()).toEqual(["1: page 0 again"]);
  expect(lose()).toEqual(["1: forget", "1: load"]);
  show(2, 18);
  expect(did()).toEqual(["2: load"]);
  expect(lose()).toEqual(["2: forget", "2: load"]);
});
