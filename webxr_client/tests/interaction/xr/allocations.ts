/** Memory that a frame of VR allocates. */
import { type HeapProfiler, Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";

/** Size of a number that the engine passes between functions, bytes. */
const NUMBER_BYTES = 16;
/** Frames of a round before its measurement, and during it. */
const FRAMES_BEFORE = 1000;
const FRAMES = 200;
/** Largest number of rounds. An idle machine needs one to eight, and a busy one more. */
const ROUNDS = 60;

/** The type of the inspector lacks the size of each object. */
interface Node extends HeapProfiler.SamplingHeapProfileNode {
  id: number;
  children: Node[];
}
interface Profile {
  head: Node;
  samples: { size: number; nodeId: number }[];
}

// Otherwise, several numbers can be allocated as one piece of memory.
setFlagsFromString("--no-turbo-allocation-folding");

/**
 * The functions in which each frame allocates memory, most bytes first; empty if a frame allocates
 * less than `limit` bytes. A matrix, a list or a text in every frame is found. Numbers do not
 * count: whether the engine allocates memory for a number depends on how it has compiled the code.
 *
 * The engine compiles the code in a thread of its own, and the compiled code allocates less than
 * the code before. On a busy machine, this takes many frames. So the frames are measured again
 * until they allocate little enough.
 */
export function allocations(frame: () => void, limit: number, rounds = ROUNDS): string[] {
  let least = Number.POSITIVE_INFINITY;
  let places: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < FRAMES_BEFORE; k++) frame();
    const bytes = bytesPerPlace(frame);
    const sum = [...bytes.values()].reduce((a, b) => a + b, 0);
    if (sum < limit) return [];
    if (sum >= least) continue;
    least = sum;
    places = [...bytes]
      .filter(([, size]) => size >= 1)
      .sort(([, a], [, b]) => b - a)
      .map(([place, size]) => `${place}: ${size.toFixed(1)} bytes per frame`);
  }
  return places;
}

/** Bytes that a frame allocates, per function. Objects count that were collected meanwhile, too. */
function bytesPerPlace(frame: () => void): Map<string, number> {
  const session = new Session();
  session.connect();
  const options = {
    samplingInterval: 1, // every object
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  };
  session.post("HeapProfiler.startSampling", options);
  for (let k = 0; k < FRAMES; k++) frame();
  const bytes = new Map<string, number>();
  session.post("HeapProfiler.stopSampling", (_, { profile }) => {
    const names = new Map<number, string>();
    const walk = ({ id, callFrame, children }: Node) => {
      const { functionName, url, lineNumber } = callFrame;
      names.set(id, `${functionName} (${url.split("/").at(-1)}:${lineNumber + 1})`);
      children.forEach(walk);
    };
    const { head, samples } = profile as Profile;
    walk(head);
    for (const { size, nodeId } of samples) {
      const name = names.get(nodeId) ?? "";
      if (size > NUMBER_BYTES) bytes.set(name, (bytes.get(name) ?? 0) + size / FRAMES);
    }
  });
  session.disconnect();
  return bytes;
}
