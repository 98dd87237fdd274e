/**
 * Each shipped model must be one mesh that is drawn once, because three.js repeats the work per
 * mesh for each eye, in every frame.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DoubleSide, Group, type Material, Mesh, type XRHandSpace } from "three";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type InputModel, InputModels } from "../../../src/scene/xr/input-models.js";
import { PROFILES } from "../../../vite.config.js";

const require = createRequire(import.meta.url);
const folder = dirname(
  require.resolve("@webxr-input-profiles/assets/dist/profiles/profilesList.json"),
);

beforeEach(() => {
  vi.stubGlobal("createImageBitmap", async () => ({ width: 8, height: 8 }));
  vi.stubGlobal(
    "fetch",
    async (url: string) => new Response(readFileSync(join(folder, url.replace("models/", "")))),
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const hand = Object.assign(new Group(), {
  joints: {},
  inputState: { pinching: false },
}) as unknown as XRHandSpace;

async function shown(profile: string, handedness: string): Promise<InputModel> {
  const source = {
    profiles: [profile],
    handedness,
    hand: profile === "generic-hand" ? {} : undefined,
  };
  const model = new InputModels().create(source as unknown as XRInputSource, hand);
  await vi.waitFor(() => expect(model.children).toHaveLength(1));
  return model;
}

function materials(model: InputModel): Material[] {
  const found: Material[] = [];
  model.traverse((part) => {
    if (part instanceof Mesh) found.push(part.material as Material);
  });
  return found;
}

describe("a model of a controller or hand", () => {
  it.each(
    [...PROFILES, "acme-wand"].flatMap((profile) =>
      ["left", "right"].map((side) => [profile, side] as const),
    ),
  )("is drawn in one pass, after the palette: %s, %s", async (profile, side) => {
    const found = materials(await shown(profile, side));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ transparent: true, forceSinglePass: true });
  });
  it("is two-sided for some controllers, so that the single pass has to be set", async () => {
    const [material] = materials(await shown("meta-quest-touch-plus", "right"));
    expect(material?.side).toBe(DoubleSide);
  });
});
