/**
 * Every shipped model must be readable as on the page, without requests for the images of the
 * model.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Mesh, type MeshStandardMaterial, type Object3D, SkinnedMesh, SRGBColorSpace } from "three";
import { clone } from "three/addons/utils/SkeletonUtils.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchModel, parseModel } from "../../../src/scene/xr/model-loader.js";
import { PROFILES } from "../../../vite.config.js";

const require = createRequire(import.meta.url);
const folder = dirname(
  require.resolve("@webxr-input-profiles/assets/dist/profiles/profilesList.json"),
);
const models = PROFILES.flatMap((profile) =>
  ["left", "right"].map((side) => `${profile}/${side}.glb`),
);

function bytesOf(model: string): ArrayBuffer {
  return new Uint8Array(readFileSync(join(folder, model))).buffer;
}

// biome-ignore lint/suspicious/noExplicitAny: the test changes any part of a glTF document
type Document = any;

function documentOf(file: ArrayBuffer): Document {
  const length = new DataView(file).getUint32(12, true);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(file, 20, length)));
}

function rewritten(file: ArrayBuffer, change: (document: Document) => void): ArrayBuffer {
  const length = new DataView(file).getUint32(12, true);
  const document = documentOf(file);
  change(document);
  const json = new TextEncoder().encode(JSON.stringify(document).padEnd(length));
  const all = new Uint8Array(20 + json.length + file.byteLength - 20 - length);
  all.set(new Uint8Array(file, 0, 20));
  all.set(json, 20);
  all.set(new Uint8Array(file, 20 + length), 20 + json.length);
  new DataView(all.buffer).setUint32(12, json.length, true);
  new DataView(all.buffer).setUint32(8, all.length, true);
  return all.buffer;
}

function meshes(root: Object3D): Mesh[] {
  root.updateMatrixWorld(true);
  const found: Mesh[] = [];
  root.traverse((part) => {
    if (part instanceof Mesh) found.push(part);
  });
  return found;
}

const decode = vi.fn(async (blob: Blob, _options?: ImageBitmapOptions) => ({
  width: 8,
  height: 8,
  bytes: blob.size,
}));
beforeEach(() => {
  decode.mockClear();
  vi.stubGlobal("createImageBitmap", decode);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a model", () => {
  it.each(models)("%s has its triangles, materials and images", async (model) => {
    const request = vi.fn();
    vi.stubGlobal("fetch", request);
    const address = vi.spyOn(URL, "createObjectURL");
    const file = bytesOf(model);
    const document = documentOf(file);
    const found = meshes(await parseModel(file));
    const corners = (mesh: Mesh) => mesh.geometry.index?.count ?? 0;
    const stored = document.meshes.flatMap((mesh: Document) =>
      mesh.primitives.map((part: Document) => document.accessors[part.indices].count),
    );
    const used = document.nodes.flatMap((node: Document) => node.mesh ?? []);
    expect(used).toHaveLength(stored.length);
    expect(found.map(corners).sort()).toEqual(stored.sort());
    expect(decode).toHaveBeenCalledTimes(document.images?.length ?? 0);
    for (const [blob, options] of decode.mock.calls) {
      expect(blob.size).toBeGreaterThan(10_000);
      expect(options).toEqual({ premultiplyAlpha: "none", colorSpaceConversion: "none" });
    }
    const isHand = model.startsWith("generic-hand");
    for (const mesh of found) {
      const { map } = mesh.material as MeshStandardMaterial;
      if (isHand) expect(map).toBeNull();
      else expect(map).toMatchObject({ flipY: false, colorSpace: SRGBColorSpace });
      expect(mesh instanceof SkinnedMesh).toBe(isHand);
    }
    // The page's Content-Security-Policy allows no request to a blob: address.
    expect(request).not.toHaveBeenCalled();
    expect(address).not.toHaveBeenCalled();
  });

  it("of a hand has the joints of WebXR, and copies with bones of their own", async () => {
    const model = await parseModel(bytesOf("generic-hand/left.glb"));
    const [first, second] = [meshes(clone(model))[0], meshes(clone(model))[0]] as [
      SkinnedMesh,
      SkinnedMesh,
    ];
    const names = first.skeleton.bones.map((bone) => bone.name);
    expect(names).toContain("wrist");
    expect(names).toContain("index-finger-tip");
    expect(names).toHaveLength(25);
    expect(second.geometry).toBe(first.geometry);
    expect(second.skeleton.bones[0]).not.toBe(first.skeleton.bones[0]);
  });

  it("that the server does not have is an error", async () => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
    await expect(fetchModel("models/none.glb")).rejects.toThrow("404");
  });

  it.each<[string, (file: ArrayBuffer) => ArrayBuffer]>([
    ["is not glTF", () => new TextEncoder().encode("<!doctype html><title>absent</title>").buffer],
    ["is empty", () => new ArrayBuffer(0)],
    ["ends early", (file) => file.slice(0, file.byteLength / 2)],
    [
      "needs an extension",
      (file) => rewritten(file, (d) => Object.assign(d, { extensionsRequired: ["X"] })),
    ],
    [
      "names a node that is not there",
      (file) => rewritten(file, (d) => Object.assign(d.nodes[0], { children: [999] })),
    ],
    [
      "has a sparse accessor without values",
      (file) => rewritten(file, (d) => Object.assign(d.accessors[0], { sparse: {} })),
    ],
  ])("that %s is an error", async (_, damage) => {
    await expect(parseModel(damage(bytesOf("generic-hand/left.glb")))).rejects.toThrow(Error);
  });
});
