/** A scene of one item, for tests of frames. */
import type { SceneFile } from "../../src/protocol/scene-file.js";

export const oneItem = (revision: number): SceneFile => ({
  n: 1,
  positions: Uint16Array.of(100, 100, 100, 0),
  labels: Int16Array.of(-1),
  predictions: Int16Array.of(-1),
  confidence: Uint8Array.of(0),
  box: { origin: [-1, -1, -1], size: 2 },
  classes: [],
  axes: [],
  latent_dim: 3,
  revision,
  scene_id: 1,
  sequence: 0,
  step: 0,
});
