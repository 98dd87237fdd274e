/**
 * Reader of /api/scene.glb. It returns the custom attributes of the file as typed arrays.
 * GLTFLoader would build a mesh that the page does not draw.
 */
import { ProtocolError } from "./frames.js";
import { type ClassInfo, type NamedAxis, UNLABELED } from "./messages.js";

/** A cube in the latent space. */
export interface Box {
  /** Corner with the smallest coordinates, in latent units. */
  origin: [number, number, number];
  /** Edge length in latent units. */
  size: number;
}

export interface SceneFile {
  /** Number of items. */
  n: number;
  /** Grid positions, four numbers per point (the fourth is 0), as the GPU takes them. */
  positions: Uint16Array<ArrayBuffer>;
  /** Class per item; -1 without a label. */
  labels: Int16Array<ArrayBuffer>;
  /** Predicted class per item; -1 without a prediction. */
  predictions: Int16Array<ArrayBuffer>;
  /** Confidence of the prediction per item; 255 is certain. */
  confidence: Uint8Array<ArrayBuffer>;
  /** The cube of the latent space that the grid of the positions covers. */
  box: Box;
  classes: ClassInfo[];
  /** The named axes of the map. */
  axes: NamedAxis[];
  /** Number of dimensions of the latent space, 2 or 3. */
  latent_dim: number;
  /** Revision of the positions. */
  revision: number;
  /** Id of the scene; each frame repeats the id of its scene. */
  scene_id: number;
  /** Sequence number of the newest change of labels that the scene contains. */
  sequence: number;
  /** Training step of the positions. */
  step: number;
}

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BIN_CHUNK = 0x004e4942;

interface Accessor {
  bufferView: number;
  byteOffset?: number;
  count: number;
}

interface Document {
  accessors: Accessor[];
  bufferViews: { byteOffset?: number; byteStride: number }[];
  meshes: { primitives: { attributes: Record<string, number> }[] }[];
  extras: Omit<SceneFile, "n" | "positions" | "labels" | "predictions" | "confidence">;
}

/** Read a scene. Throws ProtocolError when the bytes are not a scene of this server. */
export function readSceneFile(buffer: ArrayBuffer): SceneFile {
  const view = new DataView(buffer);
  if (
    buffer.byteLength < 20 ||
    view.getUint32(0, true) !== MAGIC ||
    view.getUint32(16, true) !== JSON_CHUNK
  ) {
    throw new ProtocolError("the scene is not a GLB file");
  }
  const jsonLength = view.getUint32(12, true);
  const document = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 20, jsonLength)),
  ) as Document;
  const binary = 20 + jsonLength;
  if (view.getUint32(binary + 4, true) !== BIN_CHUNK)
    throw new ProtocolError("the scene has no binary chunk");
  const attributes = document.meshes[0]?.primitives[0]?.attributes ?? {};

  const rows = (name: string) => {
    const accessor = document.accessors[attributes[name] ?? -1];
    const bufferView = accessor && document.bufferViews[accessor.bufferView];
    if (!accessor || !bufferView) throw new ProtocolError(`the scene has no attribute ${name}`);
    const start = binary + 8 + (bufferView.byteOffset ?? 0) + (accessor.byteOffset ?? 0);
    return { start, stride: bufferView.byteStride, count: accessor.count };
  };
  const position = rows("POSITION");
  const n = position.count;
  if (position.stride !== 8) throw new ProtocolError("positions are not 8 bytes apart");
  const labels = rows("_LABEL");
  // A tile of a scene without predictions has neither of the two attributes.
  const predicted = attributes._PREDICTION !== undefined;
  const predictions = predicted ? rows("_PREDICTION") : null;
  const confidence = predicted ? rows("_CONFIDENCE") : null;
  const scene: SceneFile = {
    ...document.extras,
    classes: document.extras?.classes ?? [], // the field is absent if there are no classes
    axes: document.extras?.axes ?? [],
    n,
    positions: new Uint16Array(buffer.slice(position.start, position.start + 8 * n)),
    labels: new Int16Array(n),
    predictions: new Int16Array(n),
    confidence: new Uint8Array(n),
  };
  for (let i = 0; i < n; i++) {
    scene.labels[i] = view.getInt16(labels.start + labels.stride * i, true);
    scene.predictions[i] = predictions
      ? view.getInt16(predictions.start + predictions.stride * i, true)
      : UNLABELED;
    if (confidence) scene.confidence[i] = view.getUint8(confidence.start + confidence.stride * i);
  }
  return scene;
}
