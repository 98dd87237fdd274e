/**
 * Class colours must be distinguishable, also with the three dichromacies. Text must be readable.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  CUE_DARK,
  CUE_LIGHT,
  dimmed,
  LIGHT_INK,
  parseColour,
  UNLABELED_DARK,
  UNLABELED_LIGHT,
} from "../../../src/scene/cloud/colours.js";

// The class colours are defined by the server, in server/session/class_colours.py.
const source = readFileSync(
  new URL("../../../../server/session/class_colours.py", import.meta.url),
  "utf8",
);
const palette = [...source.matchAll(/"(#[0-9A-F]{6})"/g)].map(([, hex]) => hex as string);

/** Matrices that simulate dichromacy on linear RGB (Machado et al. 2009, severity 1). */
const DEFICIENCIES = {
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  deuteranopia: [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  tritanopia: [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
};

const linear = (hex: string): number[] =>
  [1, 3, 5].map((k) => {
    const c = Number.parseInt(hex.slice(k, k + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
const apply = (m: number[], c: number[]) =>
  [0, 3, 6].map((r) =>
    Math.min(1, Math.max(0, m[r]! * c[0]! + m[r + 1]! * c[1]! + m[r + 2]! * c[2]!)),
  );
/** Convert linear RGB to OKLab (Ottosson 2020). */
const oklab = ([r, g, b]: number[]) => {
  const l = Math.cbrt(0.4122214708 * r! + 0.5363325363 * g! + 0.0514459929 * b!);
  const m = Math.cbrt(0.2119034982 * r! + 0.6806995451 * g! + 0.1073969566 * b!);
  const s = Math.cbrt(0.0883024619 * r! + 0.2817188376 * g! + 0.6299787005 * b!);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
};
const smallestDistance = (matrix: number[], hexes = palette) => {
  const colours = hexes.map((hex) => oklab(apply(matrix, linear(hex))));
  let least = Number.POSITIVE_INFINITY;
  colours.forEach((a, i) => {
    for (const b of colours.slice(i + 1))
      least = Math.min(least, Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!));
  });
  return least;
};

describe("class colours", () => {
  it("are ten", () => expect(palette.length).toBe(10));
  // Two colours side by side are just distinguishable at a distance of about 0.02 in OKLab.
  it.each([
    ["none", 0.15],
    ["protanopia", 0.075],
    ["deuteranopia", 0.075],
    ["tritanopia", 0.075],
  ] as const)("%s: the two nearest are at least %s apart", (name, least) => {
    const distance = smallestDistance(DEFICIENCIES[name]);
    expect(distance).toBeGreaterThanOrEqual(least);
  });
});

/** A class colour as it is drawn on a light ground. */
const withLight = (hex: string, share: number) =>
  `#${parseColour(hex)
    .map((channel) => dimmed(channel, share).toString(16).padStart(2, "0"))
    .join("")}`;
const luminance = (hex: string) => {
  const [r, g, b] = linear(hex);
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
};
const contrast = (a: string, b: string) => {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (hi + 0.05) / (lo + 0.05);
};

describe("class colours on a light ground", () => {
  const inks = palette.map((hex) => withLight(hex, LIGHT_INK));
  it.each([
    ["none", 0.11],
    ["protanopia", 0.055],
    ["deuteranopia", 0.055],
    ["tritanopia", 0.055],
  ] as const)("%s: the two nearest are at least %s apart", (name, least) => {
    expect(smallestDistance(DEFICIENCIES[name], inks)).toBeGreaterThanOrEqual(least);
  });
  it("have contrast to the ground only because they are dimmed", () => {
    expect(Math.min(...palette.map((hex) => contrast(hex, "#ffffff")))).toBeLessThan(1.2);
    expect(Math.min(...inks.map((hex) => contrast(hex, "#ffffff")))).toBeGreaterThan(2.5);
  });
});

describe("the colour of unlabelled items", () => {
  const panel = readFileSync(
    new URL("../../../src/panels/panel-view.ts", import.meta.url),
    "utf8",
  ).match(/UNLABELLED = \["(#\w{6})", "(#\w{6})"\]/)!;
  it.each([
    ["dark map", UNLABELED_DARK, 1],
    ["light map", UNLABELED_LIGHT, LIGHT_INK],
    ["dark panel", panel[1]!, 1],
    ["light panel", panel[2]!, LIGHT_INK],
  ] as const)("%s: differs from each class colour", (_, grey, share) => {
    for (const hex of palette)
      for (const [name, matrix] of Object.entries(DEFICIENCIES)) {
        const distance = smallestDistance(matrix, [withLight(hex, share), grey]);
        expect(distance, `${hex} ${name}`).toBeGreaterThan(0.05);
      }
  });
});

describe("text on glass", () => {
  const css = readFileSync(new URL("../../../src/ui/kit/tokens.css", import.meta.url), "utf8");
  const [dark, light] = css.split('[data-theme="light"]') as [string, string];
  const token = (theme: string, name: string) =>
    new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(theme)?.[1] as string;
  it.each([
    ["dark", dark, "#11161e"],
    ["light", light, "#f3f5f8"],
  ] as const)("%s theme has at least 4.5:1", (_, theme, ground) => {
    for (const name of ["text", "muted", "faint", "accent", "warm", "ok"]) {
      expect(contrast(token(theme, name), ground), name).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(token(theme, "on-accent"), token(theme, "accent"))).toBeGreaterThanOrEqual(4.5);
  });
  const share = (theme: string, name: string) =>
    Number(new RegExp(`--${name}: (\\d+)%`).exec(theme)?.[1]) / 100;
  it.each([
    ["dark", dark, "#11161e"],
    ["light", light, "#f3f5f8"],
  ] as const)("%s theme: names in their class's colour have at least 4.5:1", (_, theme, ground) => {
    for (const hex of palette) {
      expect(
        contrast(withLight(hex, share(theme, "ink-text")), ground),
        hex,
      ).toBeGreaterThanOrEqual(4.5);
    }
  });
  it("panels dim class colours as the cloud does", () =>
    expect(share(light, "ink")).toBe(LIGHT_INK));
});

describe("colours of a cue", () => {
  const css = readFileSync(new URL("../../../src/ui/kit/tokens.css", import.meta.url), "utf8");
  const [darkTokens, lightTokens] = css.split('[data-theme="light"]') as [string, string];
  const themes = [
    ["dark", CUE_DARK, "#0e141b", darkTokens],
    ["light", CUE_LIGHT, "#eef1f5", lightTokens],
  ] as const;
  const between = ([from, to]: readonly [string, string], share: number) => {
    const [a, b] = [parseColour(from), parseColour(to)];
    return `#${a
      .map((value, k) =>
        Math.round(value + share * (b[k]! - value))
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")}`;
  };
  it.each(themes)("%s: five steps can be told apart by every eye", (_, ends) => {
    const steps = [0, 0.25, 0.5, 0.75, 1].map((share) => between(ends, share));
    for (const matrix of Object.values(DEFICIENCIES))
      expect(smallestDistance(matrix, steps)).toBeGreaterThan(0.08);
  });
  it.each(themes)(
    "%s: the strongest stands out most, and the least can be seen",
    (_, [least, most], ground) => {
      expect(contrast(least, ground)).toBeGreaterThan(1.6);
      expect(contrast(most, ground)).toBeGreaterThan(10);
    },
  );
  it.each(themes)("%s: the legend has the same colours", (_, [least, most], __, tokens) => {
    expect(tokens).toContain(`--cue-least: ${least}`);
    expect(tokens).toContain(`--cue-most: ${most}`);
  });
});
