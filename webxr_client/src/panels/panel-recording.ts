/** The recording of a panel, read whole: latent means of all items after each epoch. */
import { addDeltas, decodeFrame } from "../protocol/frames.js";
import { type ClassInfo, GRID_STEPS, type Timeline } from "../protocol/messages.js";
import { readRecords } from "../protocol/recording.js";
import { readSceneFile, type SceneFile } from "../protocol/scene-file.js";

/** A panel's training in 2D. */
export interface PanelRecording {
  /** Latent means, two numbers per item, at the start and after each epoch. */
  moments: Float32Array[];
  /** Class per item; -1 without a label. */
  labels: Int16Array;
  classes: ClassInfo[];
}

/**
 * Read a recording.
 *
 * @param index The index of the recording (timeline.json).
 * @param file The bytes of the recording (recording.lds).
 */
export async function readPanel(index: Timeline, file: ArrayBuffer): Promise<PanelRecording> {
  const start = index.keyframes.offset[0];
  if (start === undefined) throw new Error("the recording of this panel is empty");
  const moments: Float32Array[] = [];
  let scene: SceneFile | null = null;
  for (const record of readRecords(file.slice(start, index.end))) {
    if (record.kind === "operation") continue;
    if (record.kind === "keyframe") {
      scene = readSceneFile(record.payload);
    } else {
      const frame = await decodeFrame(record.payload);
      if (frame.kind !== "positions" || !scene) continue;
      addDeltas(frame, scene.positions);
    }
    moments.push(latentOf(scene));
  }
  if (!scene) throw new Error("the recording of this panel has no scene");
  return { moments, labels: scene.labels, classes: scene.classes };
}

function latentOf({ n, positions, box }: SceneFile): Float32Array {
  const step = box.size / GRID_STEPS;
  const latent = new Float32Array(2 * n);
  for (let item = 0; item < n; item++)
    for (let axis = 0; axis < 2; axis++)
      latent[2 * item + axis] = box.origin[axis]! + positions[4 * item + axis]! * step;
  return latent;
}
