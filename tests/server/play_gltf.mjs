/**
 * node play_gltf.mjs FILE T...
 *
 * Plays the animation of a GLB with three's GLTFLoader and AnimationMixer, and prints the position
 * of each point at each time as JSON, in metres.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../../webxr_client/package.json", import.meta.url));
const root = require.resolve("three").replace(/build\/.*$/, "");
globalThis.self = globalThis;
const THREE = await import(pathToFileURL(`${root}build/three.module.js`));
const { GLTFLoader } = await import(pathToFileURL(`${root}examples/jsm/loaders/GLTFLoader.js`));

const [file, ...times] = process.argv.slice(2);
const data = readFileSync(file);
const gltf = await new GLTFLoader().parseAsync(
  data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
  "",
);
let points;
gltf.scene.traverse((object) => {
  if (object.isPoints) points = object;
});
const mixer = new THREE.AnimationMixer(gltf.scene);
const [clip] = gltf.animations;
const action = mixer.clipAction(clip);
action.setLoop(THREE.LoopOnce, 1);
action.clampWhenFinished = true;
action.play();

const { position } = points.geometry.attributes;
const morphs = points.geometry.morphAttributes.position;
const answer = [];
for (const time of times.map(Number)) {
  mixer.setTime(time);
  gltf.scene.updateMatrixWorld(true);
  const where = [];
  for (let i = 0; i < position.count; i++) {
    // As the vertex shader of three does with morphTargetsRelative.
    const v = new THREE.Vector3().fromBufferAttribute(position, i);
    points.morphTargetInfluences.forEach((weight, k) => {
      if (weight) v.addScaledVector(new THREE.Vector3().fromBufferAttribute(morphs[k], i), weight);
    });
    where.push(v.applyMatrix4(points.matrixWorld).toArray());
  }
  answer.push(where);
}
process.stdout.write(
  JSON.stringify({
    duration: clip.duration,
    relative: points.geometry.morphTargetsRelative,
    targets: morphs.length,
    where: answer,
  }),
);
