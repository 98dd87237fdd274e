/** The page's one audio output, and the place of the ears in VR. */
import type { Matrix4 } from "three";

let context: AudioContext | null = null;

/**
 * The audio context of the page. Browsers play no sound before the first click or key press, so the
 * context is created when the first sound plays.
 */
export function audioOutput(): AudioContext {
  context ??= new AudioContext();
  return context;
}

/** Let the browser play sound. Called in the handler of a click. */
export function unlockAudio(): void {
  if (typeof AudioContext === "undefined") return;
  void audioOutput()
    .resume()
    .catch(() => {});
}

/**
 * Place the ears at the head. Older browsers lack this function, and play sounds from the front.
 */
export function placeEars(ears: AudioListener, roomFromHead: Matrix4): void {
  if (!ears.positionX) return;
  const e = roomFromHead.elements;
  ears.positionX.value = e[12]!;
  ears.positionY.value = e[13]!;
  ears.positionZ.value = e[14]!;
  ears.forwardX.value = -e[8]!;
  ears.forwardY.value = -e[9]!;
  ears.forwardZ.value = -e[10]!;
  ears.upX.value = e[4]!;
  ears.upY.value = e[5]!;
  ears.upZ.value = e[6]!;
}

/** A panner for a sound at a place in the room. */
export function soundPlace(output: AudioContext, x: number, y: number, z: number): PannerNode {
  return new PannerNode(output, {
    panningModel: "HRTF",
    distanceModel: "inverse",
    refDistance: NEAR,
    positionX: x,
    positionY: y,
    positionZ: z,
  });
}

/** Distance up to which a sound has its full loudness, metres. */
const NEAR = 0.25;
