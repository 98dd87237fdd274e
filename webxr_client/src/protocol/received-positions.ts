/**
 * Positions after the newest received frame: those of the scene, plus the deltas of all frames
 * since.
 */
import { addDeltas, type PositionsFrame } from "./frames.js";

export class ReceivedPositions {
  private sceneId = -1;
  private revision = -1;
  private positions: Uint16Array = new Uint16Array(0);

  /** Begin with `positions`, four numbers per point, at `revision` of the scene `sceneId`. */
  begin(sceneId: number, revision: number, positions: Uint16Array): void {
    this.sceneId = sceneId;
    this.revision = revision;
    this.positions = positions;
  }

  /**
   * Return a copy of the positions after `frame`; null if the deltas of `frame` are not relative to
   * the current revision. `spare`: an array that may be used for the copy.
   */
  follow(frame: PositionsFrame, spare: Uint16Array | null): Uint16Array<ArrayBuffer> | null {
    const { scene_id, base_revision, revision, n } = frame.header;
    const { positions } = this;
    if (scene_id !== this.sceneId || base_revision !== this.revision) return null;
    if (positions.length !== 4 * n) return null;
    addDeltas(frame, positions);
    this.revision = revision;
    const fits = spare?.length === positions.length;
    const copy = (fits ? spare : new Uint16Array(positions.length)) as Uint16Array<ArrayBuffer>;
    copy.set(positions);
    return copy;
  }
}
