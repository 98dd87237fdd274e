/** Rows of the list of classes. */
import { describe, expect, it } from "vitest";
import type { ClassInfo } from "../../src/protocol/messages.js";
import {
  type ClassView,
  classRows,
  enterText,
  groupOf,
  matchPlace,
  splitName,
  withRecent,
} from "../../src/state/class-rows.js";

const classes = (names: readonly string[]): ClassInfo[] =>
  names.map((name, class_id) => ({ class_id, name, colour: "#ffffff" }));
const NOTHING: ClassView = {
  text: "",
  suggested: [],
  recent: [],
  chosen: new Map(),
  canCreate: false,
};
const numbered = (count: number, prefix = "") =>
  classes(Array.from({ length: count }, (_, k) => `${prefix}class ${k}`));

/** Texts of the rows; a group is in brackets, and a line ends with a colon. */
function texts(infos: readonly ClassInfo[], view: Partial<ClassView> = {}): string[] {
  return classRows(infos, { ...NOTHING, ...view }).map((row) => {
    if (row.kind === "new") return `+ ${row.name}`;
    if (row.kind === "line") return `${row.text}:`;
    if (row.kind === "class") return row.text;
    return `[${row.name} ${row.classes.length}${row.open ? "" : " closed"}]`;
  });
}

describe("rows without a text", () => {
  it("are the classes in their order if there are few", () => {
    const view = { suggested: [1], recent: [0] };
    expect(texts(classes(["b", "a", "c/"]), view)).toEqual(["b", "a", "c/"]);
  });
  it("have groups of at least two classes, with the last part of each name", () => {
    const infos = classes(["birds/owl", "dog", "birds/tits/great tit", "cats/lion", "/x"]);
    expect(texts(infos)).toEqual(["[birds 2]", "owl", "tits/great tit", "dog", "cats/lion", "/x"]);
  });
  it("show the classes of a group only while it is open", () => {
    const infos = classes(["birds/owl", "birds/tit", "dog"]);
    const chosen = new Map([["birds", false]]);
    expect(texts(infos, { chosen })).toEqual(["[birds 2 closed]", "dog"]);
    expect(texts(numbered(41, "birds/"))).toEqual(["[birds 41 closed]"]);
    const open = { chosen: new Map([["birds", true]]) };
    expect(texts(numbered(41, "birds/"), open)).toHaveLength(42);
  });
  it("begin with suggested and recent classes, each once, if there are many", () => {
    const rows = texts(numbered(13), { suggested: [7, 3], recent: [3, 9, 99] });
    const first = ["suggested for the selection:", "class 7", "class 3", "recent:", "class 9"];
    expect(rows.slice(0, 6)).toEqual([...first, "all:"]);
    expect(rows).toHaveLength(6 + 13);
  });
});

describe("rows that match a text", () => {
  const infos = classes(["Löwe", "cats/Lion", "sea lion", "lioness", "a lion cub", "dog"]);
  it("are sorted by how well the name matches", () => {
    expect(texts(infos, { text: "LION" })).toEqual([
      "cats/Lion",
      "lioness",
      "sea lion",
      "a lion cub",
    ]);
  });
  it("ignore accents, and need every word in any order", () => {
    expect(texts(infos, { text: "lowe" })).toEqual(["Löwe"]);
    expect(texts(infos, { text: "cub lion" })).toEqual(["a lion cub"]);
    expect(texts(infos, { text: "cub dog" })).toEqual([]);
  });
  it("of the same quality begin with suggested and recent classes", () => {
    const view = { text: "class 1", suggested: [12], recent: [11] };
    expect(texts(numbered(13), view)).toEqual(["class 1", "class 12", "class 11", "class 10"]);
  });
  it("find names in other scripts", () => {
    expect(matchPlace("ציפורים/ינשוף", "ינשוף")).toBe(0);
    expect(matchPlace("鳥類/梟", "梟")).toBe(0);
    expect(matchPlace("ｃａｔ", "cat")).toBe(0);
  });
});

it("a name with a slash at an end has no group", () => {
  expect(["a/b", "a/", "/b", "a"].map(groupOf)).toEqual(["a", "", "", ""]);
});

it("the newest class is the first recent one, and each is listed once", () => {
  expect(withRecent([1, 2, 3, 4, 5], 3)).toEqual([3, 1, 2, 4, 5]);
  expect(withRecent([1, 2, 3, 4, 5], 6)).toEqual([6, 1, 2, 3, 4]);
});

describe("a long name", () => {
  const long = "a name of a species that is written in full, ";
  it("keeps its end in sight", () => {
    expect(splitName(`${long}variant A`)).toEqual([long, "variant A"]);
    expect(splitName("short name")).toEqual(["short name", ""]);
  });
  it("is split between characters, and not at all from right to left", () => {
    expect(splitName("🦉".repeat(40))[1]).toBe("🦉".repeat(9));
    expect(splitName("ינשוף ".repeat(20))[1]).toBe("");
  });
});

describe("the row of a new class", () => {
  const infos = classes(["barn owl", "tit"]);
  it("is the last row, unless a class has exactly this name", () => {
    const view = { canCreate: true };
    expect(texts(infos, { ...view, text: " owl " })).toEqual(["barn owl", "+ owl"]);
    expect(texts(infos, { ...view, text: "elk" })).toEqual(["+ elk"]);
    expect(texts(infos, { ...view, text: "tit" })).toEqual(["tit"]);
    expect(texts(infos, { text: "owl" })).toEqual(["barn owl"]);
    expect(texts(infos, view)).toEqual(["barn owl", "tit"]);
  });
});

describe("the text about Enter", () => {
  const [info] = classes(["owl"]);
  const row = (locked: boolean) =>
    ({ kind: "class", info: { ...info!, locked }, text: "owl", first: false }) as const;
  it.each([
    [row(false), "selection", "Enter labels the selection as “owl”."],
    [row(false), "sheet", "Enter labels the framed items as “owl”."],
    [row(true), "selection", "“owl” is locked. Unlock it, or choose another class."],
    [row(true), "", "Enter shows only “owl”."],
    [
      { kind: "new", name: "elk" },
      "sheet",
      "Enter creates “elk” and labels the framed items with it.",
    ],
    [undefined, "selection", "No class has this name."],
  ] as const)("names the class: %o, %s", (one, target, text) => {
    expect(enterText(one, target)).toBe(text);
  });
});
