/** Thumbnails when items are added and when the graphics processor loses its data. */
import { expect, it, vi } from "vitest";
import { bindThumbnails } from "../../src/app/bind-cloud.js";
import type { SessionInfo, Thumbnails } from "../../src/protocol/messages.js";
import type { PointCloud } from "../../src/scene/cloud/point-cloud.js";
import type { Stage } from "../../src/scene/stage.js";
import { AppState } from "../../src/state/app-state.js";

/** A page arrives, after which no other page has to come again, or one has to. */
let load = (_current: boolean) => {};
/** Calls of atlases and loaders, as "number of pages: call". */
const { calls } = vi.hoisted(() => ({ calls: [] as string[] }));

vi.mock("../../src/scene/cloud/atlas.js", () => ({
  Atlas: class {
    constructor(readonly layout: Thumbnails) {}
    forget = () => calls.push(`${this.layout.pages}: forget`);
    expect = (first: number) => calls.push(`${this.layout.pages}: no pictures from ${first} on`);
    complete = () => calls.push(`${this.layout.pages}: all pictures`);
    dispose = () => {};
  },
}));
vi.mock("../../src/app/page-loader.js", () => ({
  PageLoader: class {
    current = true;
    constructor(
      readonly atlas: { layout: Thumbnails },
      _presenting: () => boolean,
      onPage: () => void,
    ) {
      load = (current) => {
        this.current = current;
        onPage();
      };
    }
    loadFirst = () => calls.push(`${this.atlas.layout.pages}: load`);
    again = (page: number) => calls.push(`${this.atlas.layout.pages}: page ${page} again`);
  },
}));

function bound() {
  calls.length = 0;
  const state = new AppState();
  const stage = { drawable: false, renewed: [] as (() => void)[] };
  const cloud = { expectPictures: () => {}, setAtlas: () => calls.push("shown") };
  const show = (pages: number, n_items: number) => {
    const thumbnails = { pages, columns: 4, page_size: 64 } as Thumbnails;
    state.session.value = { thumbnails, n_items } as SessionInfo;
  };
  bindThumbnails(state, stage as unknown as Stage, cloud as unknown as PointCloud, {
    current: null,
  });
  return { stage, show, did: () => calls.splice(0) };
}

it("draw added items as dots until the page with their pictures has come", () => {
  vi.stubGlobal("navigator", { deviceMemory: 8 });
  const { show, did } = bound();
  show(1, 12);
  load(true);
  expect(did()).toEqual(["1: load", "1: all pictures", "shown"]);
  show(1, 15);
  expect(did()).toEqual(["1: no pictures from 12 on", "shown", "1: page 0 again"]);
  load(false);
  expect(did()).toEqual(["shown"]);
  load(true);
  expect(did()).toEqual(["1: all pictures", "shown"]);
});

it("load only the newest pages after a loss, also when items have been added", () => {
  vi.stubGlobal("navigator", { deviceMemory: 8 });
  const { stage, show, did } = bound();
  const lose = () => {
    for (const renewed of stage.renewed) renewed();
    return did();
  };
  expect(lose()).toEqual([]);
  show(1, 12);
  expect(did()).toEqual(["1: load"]);
  show(1, 15);
  expect(did()).toContain("1: page 0 again");
  expect(lose()).toEqual(["1: forget", "1: load"]);
  show(2, 18);
  expect(did()).toContain("2: load");
  expect(lose()).toEqual(["2: forget", "2: load"]);
});
