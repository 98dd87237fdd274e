/** The scene of this page: fetched whole, then kept current by frames from the stream. */
import { batch } from "@preact/signals";
import { fetchScene } from "../net/api.js";
import type { Connection } from "../net/connection.js";
import type { PositionsFrame } from "../protocol/frames.js";
import type { AppState } from "../state/app-state.js";

/** Time for which added items have a ring, in ms. */
const RING_MS = 10_000;

export class SceneSync {
  /** Sequence number of the newest labels received. */
  sequence = 0;
  private fetching = false;
  /** Whether `hello` is unanswered. Until the answer, frames belong to the previous scene. */
  private awaitingWelcome = false;

  constructor(
    private readonly state: AppState,
    private readonly connection: Connection,
  ) {}

  /** Fetch the scene and show it. */
  async load(): Promise<void> {
    const scene = await fetchScene();
    this.sequence = scene.sequence;
    const { state } = this;
    // The cloud itself may show an earlier moment, with fewer items.
    const before = state.session.peek()?.n_items ?? 0;
    this.connection.decoder.begin(scene.scene_id, scene.revision, () => scene.positions.slice());
    batch(() => {
      state.latent.setScene(scene);
      state.annotations.reset(scene.labels, scene.predictions, scene.confidence);
      state.classes.value = scene.classes;
      state.axes.value = scene.axes;
      state.sceneVersion.value += 1;
      state.labelsVersion.value += 1;
      state.predictionsVersion.value += 1;
      if (before > 0 && scene.n > before) this.markArrived(before, scene.n);
    });
  }

  /** Mark the items from number `first` to `end` for a while, because they were added. */
  private markArrived(first: number, end: number): void {
    const { arrived, latent } = this.state;
    if (arrived.peek() < 0) arrived.value = first;
    // Items that were added later keep their ring.
    window.setTimeout(() => {
      arrived.value = end < latent.n ? end : -1;
    }, RING_MS);
  }

  /** Fetch the scene again and send its revision to the server. */
  async resync(): Promise<void> {
    if (this.fetching || !this.state.time.live.peek()) return;
    this.fetching = true;
    try {
      await this.load();
      this.connection.sendHello();
    } catch {
      // The server cannot be reached, so the stream is lost too. A new stream begins with `hello`.
      this.connection.interrupt();
    } finally {
      this.fetching = false;
      this.awaitingWelcome = true;
    }
  }

  /** Queue positions. If a frame does not follow the previous one, fetch the scene again. */
  handlePositions(frame: PositionsFrame): void {
    if (this.fetching || this.awaitingWelcome) return;
    const { decoder } = this.connection;
    const { latent } = this.state;
    try {
      latent.push(frame, performance.now());
      // The decoder did not know the positions before this frame. It continues with the positions
      // after this frame.
      if (!frame.positions)
        decoder.begin(latent.sceneId, latent.received, () => latent.receivedPositions());
      const spare = latent.takeSpare();
      if (spare) decoder.recycle(spare);
    } catch (error) {
      console.warn(error);
      void this.resync();
    }
  }

  handleWelcome(): void {
    this.awaitingWelcome = false;
  }
}
