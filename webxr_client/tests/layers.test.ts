/** protocol -> net, state -> scene -> interaction -> ui -> main: nothing imports against the arrow. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const MAY_IMPORT: Record<string, string[]> = {
  protocol: ["protocol"],
  net: ["protocol", "net"],
  state: ["protocol", "net", "state"],
  scene: ["protocol", "net", "state", "scene"],
  interaction: ["protocol", "net", "state", "scene", "interaction"],
  check: ["check", "ui"],
  ui: ["protocol", "net", "state", "scene", "interaction", "ui"],
};

const files = readdirSync(SRC, { recursive: true })
  .map(String)
  .filter((name) => /\.tsx?$/.test(name) && name.includes("/"));

describe("layers", () => {
  it("has files in every layer", () => {
    expect(new Set(files.map((name) => name.split("/")[0]))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });
  it.each(files)("%s imports nothing above it", (name) => {
    const layer = name.split("/")[0] as string;
    const text = readFileSync(join(SRC, name), "utf8");
    for (const [, target] of text.matchAll(/from "(\.[^"]+)"/g)) {
      const to = relative(SRC, join(SRC, dirname(name), target as string)).split("/")[0] as string;
      expect(MAY_IMPORT[layer], `${name} imports ${target}`).toContain(to);
    }
    if (layer === "protocol" || layer === "net" || layer === "state") {
      expect(text).not.toMatch(/from "three/);
    }
    expect(text).not.toMatch(/innerHTML|\beval\(|https?:\/\/(?!www\.w3\.org)/);
  });
});
