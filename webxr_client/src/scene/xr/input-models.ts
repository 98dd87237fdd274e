/**
 * Controllers and hands as one sees them: models of the WebXR input profiles, from this server. A controller's parts are joined into one
 * mesh, one draw call. Who is not known, or whose model cannot be had, gets a small mesh of our own.
 */
import {
  type BufferGeometry,
  ConeGeometry,
  CylinderGeometry,
  type Group,
  type Material,
  Mesh,
  MeshStandardMaterial,
  Object3D,
  SkinnedMesh,
  type Texture,
  type XRHandSpace,
} from "three";
import { mergeGeometries } from "three/addons/utils/BufferGeometryUtils.js";
import { clone } from "three/addons/utils/SkeletonUtils.js";
import { fetchModel } from "./model-loader.js";

const PATH = "models/";
const HAND_PROFILE = "generic-hand";
const SKIN = "#9fb2c8";

export class InputModels {
  /** Which profiles are there: profile id to the path of its profile.json. */
  private profiles: Promise<Record<string, { path: string }>> | null = null;
  private readonly cache = new Map<string, Promise<Object3D>>();
  /** One loaded model per hand. Each use is a copy with bones of its own. */
  private readonly hands = new Map<string, Promise<Group>>();
  private readonly skin = new MeshStandardMaterial({
    color: SKIN,
    roughness: 0.85,
    transparent: true,
    opacity: 0.82,
  });

  /** The model of what was connected; it loads into the object that is returned. `hand`: the space where three keeps its joints. */
  create(source: XRInputSource, hand: XRHandSpace): InputModel {
    const model = new InputModel();
    if (source.hand) void this.loadHand(model, source, hand);
    else void this.loadController(model, source);
    return model;
  }

  private async loadController(model: InputModel, source: XRInputSource): Promise<void> {
    try {
      const profile = await this.knownProfile(source.profiles);
      const scene = profile ? await this.controller(profile, source.handedness) : null;
      model.show(scene ? scene.clone() : fallbackController());
    } catch {
      model.show(fallbackController());
    }
  }

  private async knownProfile(wanted: readonly string[]): Promise<string | null> {
    this.profiles ??= fetch(`${PATH}profilesList.json`).then((answer) => {
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      return answer.json() as Promise<Record<string, { path: string }>>;
    });
    const known = await this.profiles.catch((error: unknown) => {
      this.profiles = null; // the next one tries again
      throw error;
    });
    return wanted.find((profile) => Object.hasOwn(known, profile)) ?? null;
  }

  private controller(profile: string, handedness: string): Promise<Object3D> {
    const url = `${PATH}${profile}/${handedness === "left" ? "left" : "right"}.glb`;
    return remembered(this.cache, url, async () => joined(await fetchModel(url)));
  }

  private async loadHand(
    model: InputModel,
    source: XRInputSource,
    hand: XRHandSpace,
  ): Promise<void> {
    const url = `${PATH}${HAND_PROFILE}/${source.handedness === "left" ? "left" : "right"}.glb`;
    let built: Object3D;
    try {
      built = clone(await remembered(this.hands, url, () => fetchModel(url)));
    } catch {
      return; // without a model a hand is still where it pinches: there the brush is
    }
    const bones: Object3D[] = [];
    const names: XRHandJoint[] = [];
    built.traverse((child) => {
      if (!(child instanceof SkinnedMesh)) return;
      child.material = this.skin;
      child.frustumCulled = false; // its bounds are those of a hand at rest
      for (const bone of child.skeleton.bones) {
        bones.push(bone);
        names.push(bone.name as XRHandJoint); // glTF's joints are named as WebXR names them
      }
    });
    model.show(built);
    model.follow(() => {
      for (let k = 0; k < bones.length; k++) {
        const joint = hand.joints[names[k] as XRHandJoint];
        if (!joint?.visible) continue; // not seen now: it stays where it was
        bones[k]?.position.copy(joint.position);
        bones[k]?.quaternion.copy(joint.quaternion);
      }
    });
  }
}

/** What `load` gives, kept under `key`; a failure is not kept, so that the next one tries again. */
function remembered<T>(
  cache: Map<string, Promise<T>>,
  key: string,
  load: () => Promise<T>,
): Promise<T> {
  let loading = cache.get(key);
  if (!loading) {
    loading = load();
    loading.catch(() => cache.delete(key));
    cache.set(key, loading);
  }
  return loading;
}

/** An object that gets its look when that has been loaded, unless it was given up before. */
export class InputModel extends Object3D {
  private gone = false;
  private update: (() => void) | null = null;

  show(model: Object3D): void {
    if (!this.gone) this.add(drawLate(model));
  }

  /** `update` moves it, once a frame. */
  follow(update: () => void): void {
    this.update = update;
  }

  frame(): void {
    if (this.children.length > 0) this.update?.();
  }

  override dispose(): void {
    this.gone = true;
    this.removeFromParent();
  }
}

/** After the palette, so that a hand before it is seen before it (boards/palette-board.ts). */
const LATE = 5;

function drawLate(model: Object3D): Object3D {
  model.traverse((child) => {
    if (!(child instanceof Mesh)) return;
    child.renderOrder = LATE;
    const material = child.material as Material;
    material.transparent = true;
    // What has two sides and is transparent three draws twice, and sets up anew each time: models of controllers are, and need neither.
    material.forceSinglePass = true;
  });
  return model;
}

/** All meshes of a model as one. They share a material: the picture of the whole controller. Where they do not join, they stay apart. */
function joined(scene: Object3D): Object3D {
  scene.updateMatrixWorld(true);
  const parts: BufferGeometry[] = [];
  let material: Material | null = null;
  scene.traverse((child) => {
    if (!(child instanceof Mesh)) return;
    const geometry = (child.geometry as BufferGeometry).clone().applyMatrix4(child.matrixWorld);
    for (const name of Object.keys(geometry.attributes))
      if (!["position", "normal", "uv"].includes(name)) geometry.deleteAttribute(name);
    parts.push(geometry);
    const own = child.material as Material;
    const map = (own as Material & { map?: Texture | null }).map;
    if (!material || map) material = own;
  });
  const geometry = parts.length > 0 ? mergeGeometries(parts) : null;
  if (!geometry || !material) return scene;
  return new Mesh(geometry, material);
}

/** A handle and a pointer, 12 cm, as a wand. */
function fallbackController(): Object3D {
  const handle = new CylinderGeometry(0.014, 0.017, 0.1, 12).rotateX(Math.PI / 2);
  const pointer = new ConeGeometry(0.009, 0.04, 12).rotateX(-Math.PI / 2).translate(0, 0, -0.07);
  const geometry = mergeGeometries([handle, pointer]) ?? handle;
  return new Mesh(geometry, new MeshStandardMaterial({ color: "#4d5b6b", roughness: 0.7 }));
}
