/**
 * Playback of the recording. To show a moment (one recorded frame), the page reads the part of
 * the recording that begins at the last keyframe at or before the moment. Starting from this
 * keyframe, it adds one frame after the other until the moment is reached. It shows the result in
 * place of the current state. The trainer is not queried.
 */
import { batch } from "@preact/signals";
import { fetchRecording, fetchTimeline } from "../net/api.js";
import {
  addDeltas,
  decodeFrame,
  type PositionsFrame,
  type PredictionsFrame,
} from "../protocol/frames.js";
import type {
  AxesChanged,
  Classes,
  ClassInfo,
  Labels,
  ServerOperation,
  Timeline,
} from "../protocol/messages.js";
import { keyframeScene, type RecordingRecord, readRecords } from "../protocol/recording.js";
import { readSceneFile, type SceneFile } from "../protocol/scene-file.js";
import type { AppState } from "../state/app-state.js";
import { RATE } from "../state/time-state.js";

/** Number of parts of the recording that are kept in memory. */
const KEPT = 6;
/** Duration of the motion between two moments while scrubbing, in ms. */
const SCRUB_MS = 90;
/** Time for which the last moment is shown before playback begins again, in ms. */
const LAST_MS = 1500;

/** Part of the recording from one keyframe to the next keyframe. */
interface Segment {
  /** Index of the first recorded frame of this part. */
  first: number;
  scene: SceneFile;
  frames: PositionsFrame[];
  /** Labels, classes, axes and predictions that changed in this part, in order. */
  changes: Change[];
}

interface Change {
  /** Number of frames of this part before the change. */
  after: number;
  what: Labels | Classes | AxesChanged | PredictionsFrame;
}

/** Fetches the index of the recording, and bytes `start` to `end` (exclusive) of its file. */
export interface RecordingSource {
  timeline(): Promise<Timeline>;
  part(start: number, end: number): Promise<ArrayBuffer>;
}

export class Playback {
  private readonly segments = new Map<number, Promise<Segment>>();
  private shown: Segment | null = null;
  /** Classes of the shown moment, as they are in the recording. */
  private classes: readonly ClassInfo[] = [];
  private wanted = -1;
  private showing = false;
  private timer: number | undefined;

  /**
   * @param leave Called before the page leaves the live view.
   * @param onLive Called to show the current state again.
   */
  constructor(
    private readonly state: AppState,
    private readonly leave: () => void,
    private readonly onLive: () => void,
    private readonly source: RecordingSource = { timeline: fetchTimeline, part: fetchRecording },
  ) {}

  /** Fetch the index of the recording again. */
  async refresh(): Promise<void> {
    const timeline = await this.source.timeline();
    const before = this.state.time.timeline.peek();
    // Drop outdated parts. If the recording was thinned, all parts have moved. Otherwise only the
    // last part has changed: it has grown.
    if (before && timeline.moments < before.moments) this.segments.clear();
    else if (before) this.segments.delete(before.keyframes.offset.length - 1);
    this.state.time.timeline.value = timeline;
  }

  /** Show `moment`. Of several requests during a fetch, only the newest request is carried out. */
  async goTo(moment: number): Promise<void> {
    const { time } = this.state;
    this.wanted = Math.max(0, Math.round(moment));
    time.moment.value = this.nearest();
    if (this.showing) return;
    this.showing = true;
    const began = performance.now();
    try {
      if (time.live.peek()) {
        await this.refresh();
        this.enter();
      }
      for (let shown = -1; shown !== this.nearest() && !time.live.peek(); ) {
        shown = this.nearest();
        time.moment.value = shown;
        await this.show(shown);
      }
      time.reachedIn.value = performance.now() - began;
    } catch (error) {
      this.segments.clear();
      this.live();
      throw error;
    } finally {
      this.showing = false;
    }
  }

  /** Requested moment, or the newest recorded moment if the requested moment is later. */
  private nearest(): number {
    return Math.min(this.state.time.last.peek(), this.wanted);
  }

  step(by: number): Promise<void> {
    const { time } = this.state;
    this.pause();
    const from = time.live.peek() ? time.last.peek() : time.moment.peek();
    return this.goTo(from + by);
  }

  /** Play from the shown moment, or from the beginning if the page shows the last moment. */
  play(): void {
    const { time } = this.state;
    if (time.live.peek() || time.moment.peek() >= time.last.peek()) time.moment.value = 0;
    time.playing.value = true;
    this.tick();
  }

  pause(): void {
    window.clearTimeout(this.timer);
    this.state.time.playing.value = false;
  }

  /** Show the current state. */
  live(): void {
    this.pause();
    if (this.state.time.live.peek()) return;
    this.shown = this.state.time.shown.value = null;
    this.state.time.live.value = true;
    this.onLive();
  }

  private tick(): void {
    const { time } = this.state;
    window.clearTimeout(this.timer);
    const atEnd = () => !time.live.peek() && time.moment.peek() >= time.last.peek();
    this.timer = window.setTimeout(
      () => {
        void this.goTo(time.live.peek() || atEnd() ? 0 : time.moment.peek() + 1).then(
          () => {
            if (!time.playing.peek()) return;
            if (atEnd() && !time.loop.peek()) this.pause();
            else this.tick();
          },
          () => this.pause(),
        );
      },
      atEnd() ? LAST_MS : 1000 / RATE / time.speed.peek(),
    );
  }

  private enter(): void {
    this.leave();
    this.shown = this.state.time.shown.value = null;
    this.state.time.live.value = false;
  }

  private async show(moment: number): Promise<void> {
    const { state } = this;
    const timeline = state.time.timeline.peek();
    if (!timeline || timeline.keyframes.offset.length === 0) return;
    const segment = await this.segment(timeline, keyframeBefore(timeline, moment));
    if (state.time.live.peek()) return;
    const count = Math.min(moment - segment.first, segment.frames.length);
    const positions = segment.scene.positions.slice();
    for (const frame of segment.frames.slice(0, count)) addDeltas(frame, positions);
    batch(() => {
      const sameBox = this.shown !== null && segment.scene.scene_id === state.latent.sceneId;
      if (sameBox) {
        const ms = state.time.playing.peek() ? 1000 / RATE / state.time.speed.peek() : SCRUB_MS;
        state.latent.goTo(positions, performance.now(), ms);
      } else {
        state.latent.setScene({ ...segment.scene, positions });
        state.sceneVersion.value += 1;
      }
      const { labels, predictions, confidence } = segment.scene;
      state.annotations.reset(labels, predictions, confidence);
      let { classes, axes } = segment.scene;
      for (const { after, what } of segment.changes) {
        if (after > count) break;
        if (!("op" in what))
          state.annotations.setPredictions(what.items, what.class_ids, what.confidence);
        else if (what.op === "labels") state.annotations.setLabels(what);
        else if (what.op === "classes") classes = what.classes;
        else axes = what.axes;
      }
      state.axes.value = axes;
      // `this.classes` are the classes as recorded. Do not compare with `state.classes`, because a
      // baked site can have changed the colours there.
      if (!sameBox || !sameClasses(classes, this.classes)) state.classes.value = classes;
      this.classes = classes;
      state.time.shown.value = moment;
      state.labelsVersion.value += 1;
      state.predictionsVersion.value += 1;
    });
    this.shown = segment;
  }

  private segment(timeline: Timeline, k: number): Promise<Segment> {
    const kept = this.segments.get(k);
    if (kept) return kept;
    const { offset, moment } = timeline.keyframes;
    const start = offset[k]!;
    const made = this.read(moment[k]!, start, offset[k + 1] ?? timeline.end);
    this.segments.set(k, made);
    made.catch(() => this.segments.delete(k));
    for (const old of this.segments.keys()) {
      if (this.segments.size <= KEPT) break;
      if (old !== k) this.segments.delete(old);
    }
    return made;
  }

  private async read(first: number, start: number, end: number): Promise<Segment> {
    const records = readRecords(await this.source.part(start, end));
    const segment: Segment = {
      first,
      scene: readSceneFile(await keyframeScene(records[0])),
      frames: [],
      changes: [],
    };
    for (const content of await Promise.all(records.slice(1).map(contentOf))) {
      if (content === null) continue;
      const after = segment.frames.length;
      if ("kind" in content && content.kind === "positions") segment.frames.push(content);
      else segment.changes.push({ after, what: content });
    }
    return segment;
  }
}

/** The change of the page's state that a record makes; null for a record without a change. */
async function contentOf(record: RecordingRecord): Promise<PositionsFrame | Change["what"] | null> {
  if (record.kind === "operation") {
    const operation = JSON.parse(new TextDecoder().decode(record.payload)) as ServerOperation;
    const { op } = operation;
    return op === "labels" || op === "classes" || op === "axes" ? operation : null;
  }
  const frame = await decodeFrame(record.payload);
  return frame.kind === "forces" ? null : frame;
}

const sameClasses = (one: readonly ClassInfo[], other: readonly ClassInfo[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Index of the last keyframe at or before `moment`. */
export function keyframeBefore({ keyframes }: Timeline, moment: number): number {
  let low = 0;
  let high = keyframes.moment.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (keyframes.moment[middle]! <= moment) low = middle;
    else high = middle - 1;
  }
  return low;
}
