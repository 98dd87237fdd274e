import { NoBlending, NormalBlending, PerspectiveCamera, Vector4 } from "three";
import { describe, expect, it } from "vitest";
import { Palette } from "../../../src/scene/cloud/colours.js";
import { PointCloud } from "../../../src/scene/cloud/point-cloud.js";
import { PointMaterial } from "../../../src/scene/cloud/point-material.js";
import { Annotations } from "../../../src/state/annotations.js";
import { LatentState } from "../../../src/state/latent-state.js";

const value = (material: PointMaterial, name: string) => material.uniforms[name]?.value as unknown;

describe("PointMaterial", () => {
  it("covers samples where there are several, and blends where alpha is shown", () => {
    const material = new PointMaterial(new Palette());
    const seen = [];
    for (const samples of [false, true])
      for (const target of ["page", "immersive-vr", "immersive-ar"] as const) {
        material.multisampled = samples;
        material.setTarget(target);
        const blended = material.blending === NormalBlending;
        expect(blended || material.blending === NoBlending).toBe(true);
        expect(material.alphaToCoverage).toBe(samples);
        seen.push([value(material, "uCoverage"), blended]);
      }
    const plain = [0, true];
    expect(seen).toEqual([plain, plain, plain, [2, true], [1, false], [2, true]]);
  });

  it("has no fog and dark rims in AR only", () => {
    const material = new PointMaterial(new Palette());
    const looks = (["page", "immersive-ar", "immersive-vr"] as const).map((target) => {
      material.setTarget(target);
      return [Number(value(material, "uFogShare")) > 0, Number(value(material, "uRim")) > 0];
    });
    expect(looks).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
  });
});

describe("the points of an eye", () => {
  it("are cut at the edges of the eye's part of the framebuffer", () => {
    const cloud = new PointCloud(new LatentState(), new Annotations(), new Palette());
    const camera = Object.assign(new PerspectiveCamera(), {
      viewport: new Vector4(320, 0, 320, 240),
    });
    const draw = (eye: PerspectiveCamera) =>
      cloud.points.onBeforeRender(
        ...([null, null, eye, null, null, null] as unknown as Parameters<
          typeof cloud.points.onBeforeRender
        >),
      );
    const part = () => (value(cloud.material, "uPart") as Vector4).toArray();
    draw(camera);
    expect(part()).toEqual([320, 0, 640, 240]);
    draw(new PerspectiveCamera());
    const [left, bottom, right, top] = part() as [number, number, number, number];
    expect(Math.max(left, bottom)).toBeLessThan(0);
    expect(Math.min(right, top)).toBeGreaterThan(1e5);
  });
});
