/**
 * The order of the folders of `src`, read from folder-order.json. Imports go in one direction only.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import ORDER from "./folder-order.json" with { type: "json" };

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** Row of each folder. A file imports from its own folder and from folders of earlier rows only. */
const rowOf = new Map(ORDER.flatMap((row, index) => row.map((folder) => [folder, index] as const)));

/** Folders with a stricter rule than the order, and the folders that each of them may import. */
const ONLY: Record<string, readonly string[]> = {
  protocol: [],
  net: ["protocol"],
  check: ["ui"],
};

/** Folders without DOM or WebGL, whose tests run without a browser. */
const WITHOUT_THREE = ["protocol", "net", "state", "session"];

/**
 * Module specifiers of every import in a source or style sheet: static, type-only, side effect,
 * dynamic, re-export, CSS.
 */
function specifiers(text: string): string[] {
  const pattern =
    /(?:\bfrom|\bimport|@import|\burl)\s*(?:\(\s*)?(?:\/\*[^*]*\*\/\s*)?["'`]([^"'`\n]+)["'`]/g;
  return [...text.matchAll(pattern)].map((match) => match[1] as string);
}

/**
 * Violations of the order by a file.
 *
 * @param name Path of the file, relative to `src`.
 * @param text Contents of the file.
 */
function violations(name: string, text: string): string[] {
  const from = dirname(name);
  const row = rowOf.get(from);
  if (row === undefined) return [`${name} is in a folder that is not in folder-order.json`];
  const found: string[] = [];
  for (const specifier of specifiers(text)) {
    if (WITHOUT_THREE.includes(from) && /^three(\/|$)/.test(specifier)) {
      found.push(`${name} imports ${specifier}`);
    }
    if (specifier.startsWith("/")) found.push(`${name} imports the absolute path ${specifier}`);
    if (!specifier.startsWith(".")) continue;
    const to = dirname(normalize(join(from, specifier)));
    if (to === from) continue;
    const target = rowOf.get(to);
    const allowed = ONLY[from]?.includes(to) ?? (target !== undefined && target < row);
    if (!allowed) found.push(`${name} imports ${specifier}`);
  }
  return found;
}

const files = readdirSync(SRC, { recursive: true })
  .map((name) => String(name).replaceAll("\\", "/"))
  .filter((name) => statSync(join(SRC, name)).isFile());

describe("folders", () => {
  it("are listed once each, and none is empty", () => {
    const listed = ORDER.flat();
    expect(new Set(listed).size).toBe(listed.length);
    expect(new Set(files.map((name) => dirname(name)))).toEqual(new Set(listed));
  });

  it.each(files)("%s imports only from folders before its own", (name) => {
    expect(violations(name, readFileSync(join(SRC, name), "utf8"))).toEqual([]);
  });

  it.each(files)("%s neither parses HTML, evaluates text, nor names a remote address", (name) => {
    expect(readFileSync(join(SRC, name), "utf8")).not.toMatch(
      /innerHTML|\beval\(|https?:\/\/(?!www\.w3\.org)/,
    );
  });
});

describe("the rule", () => {
  it.each([
    ["a static import", 'import { draw } from "../ui/draw.js";'],
    ["an import over several lines", 'import {\n  draw,\n  erase,\n} from "../ui/draw.js";'],
    ["a type-only import", 'import type { Draw } from "../ui/draw.js";'],
    ["a side effect import", 'import "../ui/draw.js";'],
    ["a dynamic import", 'const draw = await import("../ui/draw.js");'],
    ["a dynamic import with a comment", 'void import(/* @vite-ignore */ "../ui/draw.js");'],
    ["an import type", 'let draw: import("../ui/draw.js").Draw;'],
    ["a re-export", 'export { draw } from "../ui/draw.js";'],
    ["a re-export of everything", 'export * from "../ui/draw.js";'],
    ["a path with detours", 'import { draw } from "./../protocol/../ui/draw.js";'],
    ["an absolute path", 'import { draw } from "/src/ui/draw.js";'],
    ["a library that draws", 'import { Vector3 } from "three";'],
    [
      "a module of that library",
      'import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";',
    ],
  ])("finds %s", (_, text) => {
    expect(violations("state/view.ts", text)).toHaveLength(1);
  });

  it("finds a style sheet that imports upward", () => {
    expect(violations("state/view.css", '@import "../ui/page.css";')).toHaveLength(1);
    expect(violations("state/view.css", '@import url("../ui/page.css");')).toHaveLength(1);
  });

  it("finds a file in a folder that is not listed", () => {
    expect(violations("elsewhere/view.ts", "")).toHaveLength(1);
    expect(violations("state/deeper/view.ts", "")).toHaveLength(1);
    expect(violations("ui/view.ts", 'import { a } from "../elsewhere/a.js";')).toHaveLength(1);
  });

  it("applies the narrower rule of a folder", () => {
    expect(violations("net/view.ts", 'import { a } from "../protocol/a.js";')).toEqual([]);
    expect(violations("check/view.ts", 'import { a } from "../state/a.js";')).toHaveLength(1);
  });

  it("allows the own folder and earlier folders", () => {
    const text = 'import { a } from "./a.js";\nimport { b } from "../protocol/b.js";';
    expect(violations("state/view.ts", text)).toEqual([]);
  });
});
