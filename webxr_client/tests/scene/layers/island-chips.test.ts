/** Content of chips. Elements are stand-ins that record what is written into them. */
import { beforeEach, expect, it, vi } from "vitest";
import type { ClassInfo } from "../../../src/protocol/messages.js";
import type { Atlas } from "../../../src/scene/cloud/atlas.js";
import { IslandChips } from "../../../src/scene/layers/island-chips.js";
import type { FoundIsland } from "../../../src/scene/layers/islands.js";
import type { Projection } from "../../../src/scene/layers/projection.js";

class Element {
  hidden = false;
  width = 2;
  height = 2;
  measured = 0;
  textContent = "";
  /** Content of the canvas. */
  picture = "";
  readonly children: Element[] = [];
  readonly colours: string[] = [];
  shown = false;
  readonly classList = {
    toggle: (name: string, on: boolean) => {
      if (name === "shown") this.shown = on;
    },
  };
  readonly style = {
    transform: "",
    setProperty: (_: string, value: string) => this.colours.push(value),
  };
  get offsetWidth(): number {
    this.measured += 1;
    return 40;
  }
  readonly offsetHeight = 20;
  append(...children: Element[]): void {
    this.children.push(...children);
  }
  getContext() {
    return {
      createImageData: () => ({ data: new Uint8Array(16) }),
      putImageData: () => {
        this.picture = "drawn";
      },
    };
  }
}

const island = (classId: number, medoid: number, items = [medoid]): FoundIsland => ({
  classId,
  medoid,
  items,
  count: 50,
  exact: true,
  middle: [0, 0, 0],
  radius: 1,
});
const classes = (colour: string): ClassInfo[] => [
  { class_id: 0, name: "cat", colour } as ClassInfo,
];
/** Atlas whose page with item 7 has arrived. */
const atlas = {
  cut: (item: number) =>
    item === 7 ? { width: 2, height: 2, channels: 1, bytes: new Uint8Array(4) } : null,
} as unknown as Atlas;

let parent: Element;
let chips: IslandChips;

beforeEach(() => {
  vi.stubGlobal("document", { createElement: () => new Element() });
  parent = new Element();
  chips = new IslandChips(parent as unknown as HTMLElement);
});

it("follow the colour of a class", () => {
  chips.show([island(0, 1)], classes("#111111"), false, false);
  chips.show([island(0, 1)], classes("#111111"), false, false);
  chips.show([island(0, 1)], classes("#222222"), false, false);
  expect(parent.children[0]!.colours).toEqual(["#111111", "#222222"]);
});

it("are measured again when texts become larger", () => {
  chips.show([island(0, 1)], classes("#111111"), false, false);
  chips.show([island(0, 1)], classes("#111111"), false, true);
  expect(parent.children[0]!.measured).toBe(2);
});

it("show the text of the island, and at first no picture", () => {
  chips.show([island(-1, 7)], [], true, false, ({ medoid }) => `text ${medoid}`);
  const [canvas, text] = parent.children[0]!.children;
  expect(text!.textContent).toBe("text 7 · 50");
  expect(canvas!.hidden).toBe(true);
  const { measured } = parent.children[0]!;
  chips.drawPictures(atlas);
  expect(canvas!.hidden).toBe(false);
  expect(parent.children[0]!.measured).toBe(measured + 1);
});

it("stay longer on the map with a name than with a picture", () => {
  // 50 points of 9.9 x 9.9 pixels cover a quarter of the area of the island.
  const projection = { pixels: () => 50, place: () => true } as unknown as Projection;
  chips.show([island(0, 1)], classes("#111111"), true, false);
  chips.arrange(projection, 9.9);
  expect(parent.children[0]!.shown).toBe(true);
  chips.show([island(-1, 1)], classes("#111111"), true, false);
  chips.arrange(projection, 9.9);
  expect(parent.children[0]!.shown).toBe(false);
});

it("do not show the picture of a former item", () => {
  const show = (medoid: number) => {
    chips.show([island(-1, medoid)], [], true, false);
    chips.drawPictures(atlas);
  };
  show(7);
  const canvas = parent.children[0]!.children[0]!;
  expect(canvas.hidden).toBe(false);
  show(8);
  expect(canvas.hidden).toBe(true);
  show(7);
  expect(canvas.hidden).toBe(false);
});

it("keep the picture of an item of the island until that of the medoid arrives", () => {
  const show = (medoid: number, items: number[]) => {
    chips.show([island(-1, medoid, items)], [], true, false);
    chips.drawPictures(atlas);
  };
  show(7, [7, 8, 9]);
  const canvas = parent.children[0]!.children[0]!;
  show(8, [7, 8, 9]);
  expect(canvas.picture).toBe("drawn");
  expect(canvas.hidden).toBe(false);
  show(8, [8, 9]);
  expect(canvas.hidden).toBe(true);
});

it("keep the picture of an island whose place in the order of sizes changes", () => {
  const show = (...islands: FoundIsland[]) => {
    chips.show(islands, [], true, false);
    chips.drawPictures(atlas);
  };
  const pictures = () => parent.children.map(({ children }) => children[0]!.picture);
  show(island(-1, 7), island(-1, 8));
  expect(pictures()).toEqual(["drawn", ""]);
  show(island(-1, 8), island(-1, 6, [6, 7]));
  expect(pictures()).toEqual(["drawn", ""]);
});

it("mark a number that is estimated from a sample", () => {
  const text = () => parent.children[0]!.children[1] as unknown as { textContent: string };
  chips.show([{ ...island(-1, 1), count: 1234 }], [], true, false);
  expect(text().textContent).toBe("1,234");
  chips.show([{ ...island(-1, 1), count: 1234, exact: false }], [], true, false);
  expect(text().textContent).toBe("≈ 1,200");
});
