/**
 * Player for the sound of an item. On the page, the sound comes from the item's side of the screen.
 * In VR, it comes from the item's place in the room. One sound plays at a time. A new sound fades
 * out the current one.
 */
import type { Matrix4, Vector3 } from "three";
import { soundUrl } from "../net/api.js";
import { audioOutput, placeEars, soundPlace } from "./audio-output.js";

/** Time that the pointer has to stay at an item before the sound of the item plays, ms. */
const PATIENCE_MS = 120;
const FADE_SECONDS = 0.06;
/** Largest number of decoded sounds in memory. */
const KEPT = 40;

interface Playing {
  item: number;
  source: AudioBufferSourceNode;
  gain: GainNode;
  panner: PannerNode | null;
  place: (() => Vector3) | null;
}

export class SoundPlayer {
  private context: AudioContext | null = null;
  private readonly buffers = new Map<number, Promise<AudioBuffer>>();
  private playing: Playing | null = null;
  private wanted = -1;
  /** Matrix room-from-head of the newest frame; null outside VR. */
  private ears: Matrix4 | null = null;
  private timer: number | undefined;

  /**
   * Play the sound of an item after PATIENCE_MS, unless `play` or `stop` is called in the meantime.
   *
   * @param place function that returns the item's place in VR, room metres; null on the page
   * @param side horizontal position of the item on the page, from -1 (left) to 1 (right)
   */
  play(item: number, place: (() => Vector3) | null, side = 0): void {
    if (item === this.wanted) return;
    this.stop();
    this.wanted = item;
    this.timer = window.setTimeout(() => void this.begin(item, place, side), PATIENCE_MS);
  }

  stop(): void {
    window.clearTimeout(this.timer);
    this.wanted = -1;
    const { playing, context } = this;
    if (!playing || !context) return;
    this.playing = null;
    playing.gain.gain.setTargetAtTime(0, context.currentTime, FADE_SECONDS / 3);
    playing.source.stop(context.currentTime + FADE_SECONDS * 2);
  }

  /** Update the places of listener and sound, once per frame. `listener`: matrix room-from-head. */
  move(listener: Matrix4 | null): void {
    this.ears = listener;
    const { playing, context } = this;
    if (!playing?.panner || !playing.place || !context || !listener) return;
    const at = playing.place();
    // Older browsers lack these parameters. In these browsers, the sound comes from the front.
    if (!context.listener.positionX) return;
    placeEars(context.listener, listener);
    playing.panner.positionX.value = at.x;
    playing.panner.positionY.value = at.y;
    playing.panner.positionZ.value = at.z;
  }

  /** The item whose sound plays; -1 if no sound plays. */
  get item(): number {
    return this.playing?.item ?? -1;
  }

  private async begin(item: number, place: (() => Vector3) | null, side: number): Promise<void> {
    this.context ??= audioOutput();
    const { context } = this;
    // Browsers play no sound before the first click or key press.
    if (context.state === "suspended") await context.resume().catch(() => {});
    let buffer: AudioBuffer;
    try {
      buffer = await this.buffer(item, context);
    } catch {
      return; // the sound file is missing or damaged
    }
    if (this.wanted !== item) return;
    const source = context.createBufferSource();
    source.buffer = buffer;
    const gain = context.createGain();
    let panner: PannerNode | null = null;
    if (place) {
      const { x, y, z } = place();
      panner = soundPlace(context, x, y, z);
      // The listener of a new context is at the origin until it is placed.
      if (this.ears) placeEars(context.listener, this.ears);
      source.connect(gain).connect(panner).connect(context.destination);
    } else {
      source
        .connect(gain)
        .connect(new StereoPannerNode(context, { pan: side * 0.7 }))
        .connect(context.destination);
    }
    source.start();
    this.playing = { item, source, gain, panner, place };
    source.onended = () => {
      if (this.playing?.source === source) this.playing = null;
    };
  }

  private buffer(item: number, context: AudioContext): Promise<AudioBuffer> {
    const kept = this.buffers.get(item);
    if (kept) return kept;
    const made = fetch(soundUrl(item)).then(async (response) => {
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return context.decodeAudioData(await response.arrayBuffer());
    });
    this.buffers.set(item, made);
    made.catch(() => this.buffers.delete(item));
    const oldest = this.buffers.keys().next().value;
    if (this.buffers.size > KEPT && oldest !== undefined) this.buffers.delete(oldest);
    return made;
  }
}
