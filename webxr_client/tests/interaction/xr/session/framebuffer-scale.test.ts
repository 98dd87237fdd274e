import { expect, it } from "vitest";
import { framebufferScale } from "../../../../src/interaction/xr/session/framebuffer-scale.js";

it.each([
  ["?bench", "Adreno (TM) 650", 1],
  ["", "Adreno (TM) 740", 1.2],
  ["", "ANGLE (Qualcomm, Adreno (TM) 830, OpenGL ES 3.2)", 1.2],
  ["", "ANGLE (NVIDIA, NVIDIA GeForce RTX 3080)", 1],
  ["", "", 1],
  ["?scale=0.8", "Adreno (TM) 740", 0.8],
  ["?scale=1.5&bench", "Adreno (TM) 650", 1.5],
  ["?scale=99", "", 2],
  ["?scale=-1", "", 0.3],
  ["?scale=large", "Adreno (TM) 740", 1.2],
])("the scale for %s with %s is %f", (search, renderer, expected) => {
  expect(framebufferScale(search, renderer)).toBe(expected);
});
