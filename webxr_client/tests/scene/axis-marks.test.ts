/** Lines, ticks and texts of the named axes. */
import { Box3, Vector3 } from "three";
import { beforeEach, expect, it, vi } from "vitest";
import { MARK_HEIGHT } from "../../src/interaction/xr/scenery.js";
import type { NamedAxis } from "../../src/protocol/messages.js";
import { AxisMarks } from "../../src/scene/axis-marks.js";
import { LEAST_DMM } from "../../src/scene/xr/boards/board.js";
import { correlationSentence } from "../../src/state/axis-text.js";

const BOX = new Box3(new Vector3(-0.4, -0.3, -0.2), new Vector3(0.4, 0.3, 0.2));
/** Scene from latent for a box of 4 latent units about the origin. */
const MATRIX = [0.25, 0, 0, 0, 0, 0.25, 0, 0, 0, 0, 0.25, 0, 0, 0, 0, 1];
const axis = (letter: "x" | "y" | "z", ats: number[]): NamedAxis => ({
  axis: letter,
  name: "slant",
  column: "slant",
  known: 90,
  n: 9,
  hidden: true,
  correlation: 0.9712,
  ticks: ats.map((at) => ({ at, text: String(at) })),
});

beforeEach(() => {
  const context = {
    measureText: (text: string) => ({ width: 20 * text.length }),
    clearRect() {},
    fillRect() {},
    strokeText() {},
    fillText() {},
  };
  vi.stubGlobal("document", { createElement: () => ({ getContext: () => context }) });
});

const shown = (axes: NamedAxis[]) => {
  const marks = new AxisMarks();
  const changed = marks.show(axes, BOX, MATRIX, "#fff", "#000");
  const { position } = marks.mesh.geometry.attributes;
  const quads = marks.mesh.geometry.drawRange.count / 6;
  const places = Array.from({ length: quads }, (_, k) =>
    new Vector3().fromBufferAttribute(position as never, 4 * k).toArray(),
  );
  return { marks, changed, quads, places };
};

it("shows nothing without axes, and nothing for an axis without ticks", () => {
  expect(shown([]).marks.mesh.visible).toBe(false);
  expect(shown([axis("x", [])]).marks.mesh.visible).toBe(false);
});

it("has a line, two quads per tick, and a name with the correlation", () => {
  const { marks, quads, changed } = shown([axis("x", [-1, 0, 1])]);
  expect([marks.mesh.visible, quads, changed]).toEqual([true, 1 + 2 * 3 + 1, true]);
  expect(marks.texts).toEqual(["slant  ·  ρ 0.97", "-1", "0", "1"]);
  expect(marks.show([axis("x", [-1, 0, 1])], BOX, MATRIX, "#fff", "#000")).toBe(false);
});

it.each([
  ["x", 0, [-0.25, -0.3, 0.2]],
  ["y", 1, [-0.4, -0.25, 0.2]],
  ["z", 2, [0.4, -0.3, -0.25]],
] as const)("puts the ticks of %s at their coordinate on an edge", (letter, dimension, first) => {
  const { places } = shown([axis(letter, [-1, 0, 1])]);
  places[1]!.forEach((value, k) => {
    expect(value).toBeCloseTo(first[k]!, 5);
  });
  expect(places[3]![dimension]).toBeCloseTo(0, 5);
});

it("is legible in a headset", () => {
  expect(1000 * MARK_HEIGHT).toBeGreaterThanOrEqual(LEAST_DMM);
});

it("states on which items the correlation was measured", () => {
  expect(correlationSentence(axis("x", []))).toBe(
    "Spearman's ρ 0.97 on 9 items whose value the model did not see",
  );
  expect(correlationSentence({ ...axis("x", []), hidden: false })).toContain(
    "predictions from the other values",
  );
  expect(correlationSentence({ ...axis("x", []), correlation: null })).toContain("not measured");
});

it("hides the axes behind no point on the page, and keeps their depth in VR", () => {
  const [page, vr] = [new AxisMarks(true).mesh, new AxisMarks().mesh];
  expect([page.material.depthTest, vr.material.depthTest]).toEqual([false, true]);
  expect(page.renderOrder).toBeGreaterThan(0); // the points have 0
  expect(vr.renderOrder).toBeLessThan(0);
});
