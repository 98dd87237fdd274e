import { beforeEach, expect, it } from "vitest";
import { Palette } from "../../../src/scene/cloud/colours.js";
import { PointCloud } from "../../../src/scene/cloud/point-cloud.js";
import { AppState } from "../../../src/state/app-state.js";

const N = 6;
let cloud: PointCloud;

beforeEach(() => {
  const { latent, annotations } = new AppState();
  latent.n = N;
  latent.to = new Uint16Array(4 * N);
  latent.from = new Uint16Array(4 * N);
  annotations.reset(new Int16Array(N), new Int16Array(N), new Uint8Array(N));
  cloud = new PointCloud(latent, annotations, new Palette());
  cloud.setScene();
});

/** Marks of the items: g grabbed, p pinned, a added, "." none. */
function rings(): string {
  const { array } = cloud.points.geometry.getAttribute("marks");
  const names = new Map([
    [0, "."],
    [64, "a"],
    [128, "p"],
    [255, "g"],
  ]);
  return Array.from({ length: N }, (_, item) => names.get(array[4 * item + 3]!)).join("");
}

it("draws rings around added items until they end", () => {
  cloud.setArrived(3);
  expect(rings()).toBe("...aaa");
  cloud.setArrived(5);
  expect(rings()).toBe(".....a");
  cloud.setArrived(-1);
  expect(rings()).toBe("......");
});

it("draws the ring of a pin, and of an item in the hand, in place of that of an added item", () => {
  cloud.setArrived(2);
  cloud.setPinned([1, 4]);
  cloud.setGrabbed(Uint32Array.of(4, 5));
  expect(rings()).toBe(".paagg");
  cloud.setGrabbed(Uint32Array.of(0));
  expect(rings()).toBe("gpaapa");
  cloud.setArrived(-1);
  expect(rings()).toBe("gp..p.");
  cloud.setPinned([]);
  expect(rings()).toBe("g.....");
});
