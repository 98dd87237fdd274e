/**
 * Visible controllers and hands: models of the WebXR input profiles, loaded from this server. The
 * parts of a controller are joined into one mesh, so that a controller needs one draw call. A
 * controller with an unknown profile, or whose model fails to load, gets a built-in fallback mesh.
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
import { fetchKept } from "../../net/picture-cache.js";
import { fetchModel } from "./model-loader.js";

const PATH = "models/";
const HAND_PROFILE = "generic-hand";
const SKIN = "#9fb2c8";

export class InputModels {
  /** Known profiles: maps the id of a profile to the path of the profile.json. */
  private profiles: Promise<Record<string, { path: string }>> | null = null;
  private readonly cache = new Map<string, Promise<Object3D>>();
  /** One loaded model per hand. Each shown hand is a copy of the model with separate bones. */
  private readonly hands = new Map<string, Promise<Group>>();
  private readonly skin = new MeshStandardMaterial({
    color: SKIN,
    roughness: 0.85,
    transparent: true,
    opacity: 0.82,
  });

  /**
   * Return an object to which the model of `source` is added after loading. `hand`: the space in
   * which three.js keeps the joints of a hand.
   */
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
    this.profiles ??= fetchKept(`${PATH}profilesList.json`).then((answer) => {
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      return answer.json() as Promise<Record<string, { path: string }>>;
    });
    const known = await this.profiles.catch((error: unknown) => {
      this.profiles = null; // the next controller loads the profiles again
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
      return; // a hand without a model still shows its brush
    }
    const bones: Object3D[] = [];
    const names: XRHandJoint[] = [];
    built.traverse((child) => {
      if (!(child instanceof SkinnedMesh)) return;
      child.material = this.skin;
      child.frustumCulled = false; // the bounds are those of the rest pose in the file
      for (const bone of child.skeleton.bones) {
        bones.push(bone);
        names.push(bone.name as XRHandJoint); // the model files use the joint names of WebXR
      }
    });
    model.show(built);
    model.follow(() => {
      for (let k = 0; k < bones.length; k++) {
        const joint = hand.joints[names[k] as XRHandJoint];
        if (!joint?.visible) continue; // not tracked now: the bone keeps its place
        bones[k]?.position.copy(joint.position);
        bones[k]?.quaternion.copy(joint.quaternion);
      }
    });
  }
}

/**
 * Return the result of `load`, cached under `key`. A failure is not cached: the next request tries
 * again.
 */
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

/** Parent of a model that is still loading. After `dispose`, no model is added. */
export class InputModel extends Object3D {
  private gone = false;
  private update: (() => void) | null = null;

  show(model: Object3D): void {
    if (!this.gone) this.add(drawLate(model));
  }

  /** Set the function that moves the model. It is called once per frame, after loading. */
  follow(update: () => void): void {
    this.update = update;
  }

  /** Move the model. Called once per frame. */
  frame(): void {
    if (this.children.length > 0) this.update?.();
  }

  override dispose(): void {
    this.gone = true;
    this.removeFromParent();
  }
}

/**
 * Render order after the palette (boards/palette-board.ts), so that a hand in front of the palette
 * is visible.
 */
const LATE = 5;

function drawLate(model: Object3D): Object3D {
  model.traverse((child) => {
    if (!(child instanceof Mesh)) return;
    child.renderOrder = LATE;
    const material = child.material as Material;
    material.transparent = true;
    // three.js draws transparent, two-sided materials twice. Some controllers have such materials,
    // and look the same when they are drawn once.
    material.forceSinglePass = true;
  });
  return model;
}

/**
 * Join all meshes of a model into one mesh, with the textured material of the model. Meshes that
 * cannot be joined stay separate.
 */
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

/** Fallback controller: a handle and a pointer, 12 cm long. */
function fallbackController(): Object3D {
  const handle = new CylinderGeometry(0.014, 0.017, 0.1, 12).rotateX(Math.PI / 2);
  const pointer = new ConeGeometry(0.009, 0.04, 12).rotateX(-Math.PI / 2).translate(0, 0, -0.07);
  const geometry = mergeGeometries([handle, pointer]) ?? handle;
  return new Mesh(geometry, new MeshStandardMaterial({ color: "#4d5b6b", roughness: 0.7 }));
}
