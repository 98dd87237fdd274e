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
  type Texture,
} from "three";
import { type GLTF, GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { mergeGeometries } from "three/addons/utils/BufferGeometryUtils.js";
import { XRHandMeshModel } from "three/addons/webxr/XRHandMeshModel.js";

const PATH = "models/";
const HAND_PROFILE = "generic-hand";
const SKIN = "#9fb2c8";

/** What three's hand model calls of its loader: failures must end here, not in the console. */
interface HandLoader {
  load(name: string, onLoad: (gltf: GLTF) => void): void;
}

export class InputModels {
  private readonly loader = new GLTFLoader();
  /** Which profiles are there: profile id to the path of its profile.json. */
  private profiles: Promise<Record<string, { path: string }>> | null = null;
  private readonly cache = new Map<string, Promise<Object3D>>();
  /** Of hands, kept by three's hand model: hands come and go more often than controllers. */
  private readonly hands = {};
  private readonly skin = new MeshStandardMaterial({
    color: SKIN,
    roughness: 0.85,
    transparent: true,
    opacity: 0.82,
  });

  /** The model of what was connected; it loads into the object that is returned. `hand`: the space where three keeps its joints. */
  create(source: XRInputSource, hand: Group): InputModel {
    const model = new InputModel();
    if (source.hand) this.loadHand(model, source, hand);
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
    let loading = this.cache.get(url);
    if (!loading) {
      loading = this.loader.loadAsync(url).then((gltf) => joined(gltf.scene));
      loading.catch(() => this.cache.delete(url));
      this.cache.set(url, loading);
    }
    return loading;
  }

  private loadHand(model: InputModel, source: XRInputSource, hand: Group): void {
    const loader: HandLoader = {
      load: (name, onLoad) => {
        // Without a model a hand is still where it pinches: there the brush is.
        this.loader.load(`${PATH}${HAND_PROFILE}/${name}`, onLoad, undefined, () => {});
      },
    };
    const side = source.handedness === "left" ? "left" : "right";
    const holder = model as unknown as ConstructorParameters<typeof XRHandMeshModel>[0];
    const mesh = new XRHandMeshModel(
      holder,
      hand,
      PATH,
      side,
      loader as unknown as ConstructorParameters<typeof XRHandMeshModel>[4],
      (object: Object3D) => {
        object.traverse((child) => {
          if (child instanceof Mesh) child.material = this.skin;
        });
        drawLate(object);
      },
      this.hands,
    );
    model.follow(() => mesh.updateMesh());
  }
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

  giveUp(): void {
    this.gone = true;
    this.removeFromParent();
  }
}

/** After the palette, so that a hand before it is seen before it (palette-board.ts). */
const LATE = 5;

function drawLate(model: Object3D): Object3D {
  model.traverse((child) => {
    if (!(child instanceof Mesh)) return;
    child.renderOrder = LATE;
    (child.material as Material).transparent = true;
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
