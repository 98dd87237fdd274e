/** Every model that is shipped, read here and by three's GLTFLoader: the same triangles at the same places, the same skeleton. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Bone, Mesh, type MeshStandardMaterial, type Object3D, SkinnedMesh } from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { GlbModel } from "../../../src/scene/xr/glb.js";
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

// biome-ignore lint/suspicious/noExplicitAny: a test takes the file apart
function rewritten(file: ArrayBuffer, change: (document: any) => void): ArrayBuffer {
  const length = new DataView(file).getUint32(12, true);
  const document = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 20, length)));
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
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("GlbModel", () => {
  it.each(models)("reads %s as GLTFLoader does", async (model) => {
    const bitmap = vi.fn(async (blob: Blob) => ({ width: 8, height: 8, bytes: blob.size }));
    vi.stubGlobal("createImageBitmap", bitmap);
    const file = bytesOf(model);
    const ours = meshes((await GlbModel.read(file)).build());
    // Pictures are decoded by browsers only.
    const bare = rewritten(file, (document) => {
      for (const { pbrMetallicRoughness: pbr } of document.materials) {
        delete pbr.baseColorTexture;
        delete pbr.metallicRoughnessTexture;
      }
    });
    const theirs = meshes((await new GLTFLoader().parseAsync(bare, "")).scene);
    expect(ours.length).toBe(theirs.length);
    expect(ours.length).toBeGreaterThan(0);
    ours.forEach((mesh, k) => {
      const other = theirs[k] as Mesh;
      mesh.matrixWorld.elements.forEach((value, e) => {
        expect(value).toBeCloseTo(other.matrixWorld.elements[e] as number, 12);
      });
      expect(Object.keys(mesh.geometry.attributes).sort()).toEqual(
        Object.keys(other.geometry.attributes).sort(),
      );
      for (const [name, attribute] of Object.entries(mesh.geometry.attributes))
        if (name !== "skinWeight")
          expect(attribute.array).toEqual(other.geometry.getAttribute(name).array);
      expect(mesh.geometry.index?.array).toEqual(other.geometry.index?.array);
      const [material, otherMaterial] = [mesh.material, other.material] as [
        MeshStandardMaterial,
        MeshStandardMaterial,
      ];
      expect(material.color.toArray()).toEqual(otherMaterial.color.toArray());
      expect(material.side).toBe(otherMaterial.side);
      expect([material.metalness, material.roughness]).toEqual([
        otherMaterial.metalness,
        otherMaterial.roughness,
      ]);
      expect(material.map !== null).toBe(!model.startsWith("generic-hand"));
      if (!(mesh instanceof SkinnedMesh) || !(other instanceof SkinnedMesh)) return;
      const names = (skinned: SkinnedMesh) => skinned.skeleton.bones.map((bone: Bone) => bone.name);
      expect(names(mesh)).toEqual(names(other));
      expect(mesh.skeleton.boneInverses).toEqual(other.skeleton.boneInverses);
      const vertex = mesh.getVertexPosition(17, mesh.position.clone());
      const otherVertex = other.getVertexPosition(17, other.position.clone());
      expect(vertex.distanceTo(otherVertex)).toBeLessThan(1e-6);
    });
    expect(ours.some((mesh) => mesh instanceof SkinnedMesh)).toBe(model.startsWith("generic-hand"));
    for (const [blob] of bitmap.mock.calls) expect(blob.size).toBeGreaterThan(10_000);
  });

  it("builds objects of their own over the same geometry", async () => {
    const model = await GlbModel.read(bytesOf("generic-hand/left.glb"));
    const [first, second] = [meshes(model.build())[0], meshes(model.build())[0]] as [
      SkinnedMesh,
      SkinnedMesh,
    ];
    expect(second.geometry).toBe(first.geometry);
    expect(second.skeleton.bones[0]).not.toBe(first.skeleton.bones[0]);
  });

  it.each<[string, (file: ArrayBuffer) => ArrayBuffer]>([
    ["is no glTF", () => new TextEncoder().encode("<!doctype html><title>not here</title>").buffer],
    ["is empty", () => new ArrayBuffer(0)],
    ["ends early", (file) => file.slice(0, file.byteLength / 2)],
    [
      "needs an extension",
      (file) => rewritten(file, (d) => Object.assign(d, { extensionsRequired: ["X"] })),
    ],
    [
      "names what is not there",
      (file) => rewritten(file, (d) => Object.assign(d.nodes[0], { children: [999] })),
    ],
    [
      "is morphed",
      (file) => rewritten(file, (d) => Object.assign(d.meshes[0].primitives[0], { targets: [{}] })),
    ],
    ["is sparse", (file) => rewritten(file, (d) => Object.assign(d.accessors[0], { sparse: {} }))],
  ])("a file that %s is an error, not a crash", async (_, damage) => {
    const read = async () =>
      (await GlbModel.read(damage(bytesOf("generic-hand/left.glb")))).build();
    await expect(read()).rejects.toThrow(Error);
  });
});
