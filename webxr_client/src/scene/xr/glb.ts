/**
 * Reads the binary glTF models of controllers and hands that are shipped: nodes, indexed triangles, one picture for the colour, one skin.
 * Whatever else a file may hold is an error here. three's GLTFLoader reads all of glTF, for 17 kB (gzip) more of script.
 *
 * Source: Khronos, glTF 2.0 specification, section 4 (GLB) and sections 3.5 to 3.9.
 */
import {
  Bone,
  BufferAttribute,
  BufferGeometry,
  DoubleSide,
  FrontSide,
  Group,
  LinearMipmapLinearFilter,
  type Material,
  Matrix4,
  Mesh,
  MeshStandardMaterial,
  Object3D,
  RepeatWrapping,
  Skeleton,
  SkinnedMesh,
  SRGBColorSpace,
  Texture,
} from "three";

interface Primitive {
  attributes: Record<string, number>;
  indices?: number;
  material?: number;
  mode?: number;
  targets?: unknown;
}

interface Node {
  name?: string;
  children?: number[];
  mesh?: number;
  skin?: number;
  translation?: number[];
  rotation?: number[];
  scale?: number[];
  matrix?: number[];
}

interface TextureRef {
  index: number;
}

interface Document {
  extensionsRequired?: string[];
  scene?: number;
  scenes: { nodes: number[] }[];
  nodes: Node[];
  meshes: { primitives: Primitive[] }[];
  skins?: { joints: number[]; inverseBindMatrices: number }[];
  materials?: {
    doubleSided?: boolean;
    pbrMetallicRoughness?: {
      baseColorFactor?: [number, number, number, number];
      baseColorTexture?: TextureRef;
      metallicFactor?: number;
      roughnessFactor?: number;
      metallicRoughnessTexture?: TextureRef;
    };
  }[];
  textures?: { source: number }[];
  images?: { bufferView: number; mimeType: string }[];
  accessors: {
    bufferView?: number;
    byteOffset?: number;
    componentType: number;
    count: number;
    type: string;
    normalized?: boolean;
    sparse?: unknown;
  }[];
  bufferViews: { byteOffset?: number; byteLength: number; byteStride?: number }[];
}

const GLB = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;
const TRIANGLES = 4;

const COMPONENTS = {
  5121: Uint8Array,
  5123: Uint16Array,
  5125: Uint32Array,
  5126: Float32Array,
} as const;
const WIDTHS: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT4: 16 };
const NAMES: Record<string, string> = {
  POSITION: "position",
  NORMAL: "normal",
  TEXCOORD_0: "uv",
  JOINTS_0: "skinIndex",
  WEIGHTS_0: "skinWeight",
};

/** A file that has been read. `build` gives its objects, as often as they are wanted; geometry and materials are shared. */
export class GlbModel {
  private readonly geometries = new Map<Primitive, BufferGeometry>();

  private constructor(
    private readonly document: Document,
    private readonly binary: Uint8Array<ArrayBuffer>,
    private readonly materials: readonly Material[],
  ) {}

  /** Rejects with an Error where the file is damaged or holds what is not read here. */
  static async fetch(url: string): Promise<GlbModel> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return GlbModel.read(await answer.arrayBuffer());
  }

  static async read(file: ArrayBuffer): Promise<GlbModel> {
    const [document, binary] = chunks(file);
    if (document.extensionsRequired?.length) throw new Error("glTF extensions are not read");
    const materials = await Promise.all(
      (document.materials ?? []).map((_, index) => readMaterial(document, binary, index)),
    );
    return new GlbModel(document, binary, materials);
  }

  /** The scene. Nodes are new objects, so that each caller may move them. */
  build(): Group {
    const { document } = this;
    const scene = new Group();
    const joints = new Set((document.skins ?? []).flatMap((skin) => skin.joints));
    const objects = document.nodes.map((node, index) => this.object(node, joints.has(index)));
    document.nodes.forEach((node, index) => {
      for (const child of node.children ?? []) at(objects, index).add(at(objects, child));
    });
    for (const root of at(document.scenes, document.scene ?? 0).nodes) scene.add(at(objects, root));
    document.nodes.forEach((node, index) => {
      if (node.skin === undefined) return;
      const skin = at(document.skins ?? [], node.skin);
      const inverses = this.numbers(skin.inverseBindMatrices).array;
      const skeleton = new Skeleton(
        skin.joints.map((joint) => at(objects, joint) as Bone),
        skin.joints.map((_, k) => new Matrix4().fromArray(inverses, 16 * k)),
      );
      // The skin places the vertices; where the node itself is does not matter (section 3.7.3.3).
      at(objects, index).traverse((part) => {
        if (part instanceof SkinnedMesh) part.bind(skeleton, new Matrix4());
      });
    });
    return scene;
  }

  private object(node: Node, isJoint: boolean): Object3D {
    const meshes = node.mesh === undefined ? [] : at(this.document.meshes, node.mesh).primitives;
    const parts = meshes.map((primitive) => this.mesh(primitive, node.skin !== undefined));
    let object = parts[0] as Object3D | undefined;
    if (!object || parts.length > 1 || isJoint) {
      object = isJoint ? new Bone() : new Object3D();
      for (const part of parts) object.add(part);
    }
    object.name = node.name ?? "";
    if (node.matrix) object.applyMatrix4(new Matrix4().fromArray(node.matrix));
    if (node.translation) object.position.fromArray(node.translation);
    if (node.rotation) object.quaternion.fromArray(node.rotation);
    if (node.scale) object.scale.fromArray(node.scale);
    return object;
  }

  private mesh(primitive: Primitive, skinned: boolean): Mesh {
    const material =
      primitive.material === undefined
        ? new MeshStandardMaterial()
        : at(this.materials, primitive.material);
    const geometry = this.geometry(primitive);
    return skinned ? new SkinnedMesh(geometry, material) : new Mesh(geometry, material);
  }

  private geometry(primitive: Primitive): BufferGeometry {
    const known = this.geometries.get(primitive);
    if (known) return known;
    if ((primitive.mode ?? TRIANGLES) !== TRIANGLES || primitive.targets)
      throw new Error("only triangles without morph targets are read");
    const geometry = new BufferGeometry();
    for (const [name, accessor] of Object.entries(primitive.attributes)) {
      const attribute = NAMES[name];
      if (attribute) geometry.setAttribute(attribute, this.numbers(accessor));
    }
    if (primitive.indices !== undefined) geometry.setIndex(this.numbers(primitive.indices));
    this.geometries.set(primitive, geometry);
    return geometry;
  }

  private numbers(index: number): BufferAttribute {
    const accessor = at(this.document.accessors, index);
    const view = at(this.document.bufferViews, accessor.bufferView ?? -1);
    const Component = COMPONENTS[accessor.componentType as keyof typeof COMPONENTS];
    const width = WIDTHS[accessor.type];
    if (!Component || !width || accessor.sparse || view.byteStride !== undefined)
      throw new Error("numbers of this kind are not read");
    const offset = (view.byteOffset ?? 0) + (accessor.byteOffset ?? 0);
    const length = accessor.count * width * Component.BYTES_PER_ELEMENT;
    // A copy begins at a multiple of every component's size; slices that reach beyond the end are short.
    const bytes = this.binary.slice(offset, offset + length);
    if (bytes.length !== length) throw new Error("the file is shorter than it says");
    return new BufferAttribute(new Component(bytes.buffer), width, accessor.normalized);
  }
}

function chunks(file: ArrayBuffer): [Document, Uint8Array<ArrayBuffer>] {
  const view = new DataView(file);
  const word = (offset: number) => view.getUint32(offset, true);
  if (word(0) !== GLB || word(4) !== 2) throw new Error("this is no binary glTF 2.0");
  const jsonLength = word(12);
  const binaryAt = 20 + jsonLength;
  if (word(16) !== JSON_CHUNK || word(binaryAt + 4) !== BINARY_CHUNK)
    throw new Error("a chunk of the file is missing");
  const document = JSON.parse(
    new TextDecoder().decode(new Uint8Array(file, 20, jsonLength)),
  ) as Document;
  return [document, new Uint8Array(file, binaryAt + 8, word(binaryAt))];
}

async function readMaterial(
  document: Document,
  binary: Uint8Array<ArrayBuffer>,
  index: number,
): Promise<Material> {
  const given = at(document.materials ?? [], index);
  const pbr = given.pbrMetallicRoughness ?? {};
  const material = new MeshStandardMaterial({
    metalness: pbr.metallicFactor ?? 1,
    roughness: pbr.roughnessFactor ?? 1,
    side: given.doubleSided ? DoubleSide : FrontSide,
  });
  if (pbr.baseColorFactor) material.color.fromArray(pbr.baseColorFactor); // linear, as three's colours are
  if (pbr.baseColorTexture) {
    material.map = await readTexture(document, binary, pbr.baseColorTexture.index);
    material.map.colorSpace = SRGBColorSpace;
  }
  if (pbr.metallicRoughnessTexture) {
    material.metalnessMap = await readTexture(document, binary, pbr.metallicRoughnessTexture.index);
    material.roughnessMap = material.metalnessMap;
  }
  return material;
}

async function readTexture(
  document: Document,
  binary: Uint8Array<ArrayBuffer>,
  index: number,
): Promise<Texture> {
  const image = at(document.images ?? [], at(document.textures ?? [], index).source);
  const { byteOffset = 0, byteLength } = at(document.bufferViews, image.bufferView);
  const blob = new Blob([binary.subarray(byteOffset, byteOffset + byteLength)], {
    type: image.mimeType,
  });
  const bitmap = await createImageBitmap(blob, {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  });
  const texture = new Texture(bitmap);
  texture.flipY = false; // glTF's pictures begin at the top
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.needsUpdate = true;
  return texture;
}

/** The entry that the file names by its index; a damaged file may name one that is not there. */
function at<T>(list: readonly T[], index: number): T {
  const entry = list[index];
  if (entry === undefined) throw new Error("the file names what it does not hold");
  return entry;
}
