/** Motion of the camera to a new view: fast first, then slower. */
import type { OrthographicCamera, PerspectiveCamera, Vector3 } from "three";

const EASE_MS = 450;

/** View of a camera: its position and the target that it looks at (scene metres), and its zoom. */
export interface View {
  position: Vector3;
  target: Vector3;
  zoom: number;
}

export class CameraEase {
  private started = 0;
  private from: View | null = null;
  private to: View | null = null;

  /**
   * Start the motion between two views. `now`: ms. With `atOnce`, the next call of `step` ends the
   * motion.
   */
  start(from: View, to: View, now: number, atOnce: boolean): void {
    this.started = atOnce ? Number.NEGATIVE_INFINITY : now;
    this.from = { ...from, position: from.position.clone(), target: from.target.clone() };
    this.to = to;
  }

  /** End the motion: the camera stays where it is. */
  cancel(): void {
    this.from = this.to = null;
  }

  /** Move `camera` and `target` at time `now`, ms. Returns whether the camera was moved. */
  step(camera: PerspectiveCamera | OrthographicCamera, target: Vector3, now: number): boolean {
    const { from, to } = this;
    if (!from || !to) return false;
    // The time of a slow frame can be earlier than the start of the motion.
    const t = Math.min(1, Math.max(0, (now - this.started) / EASE_MS));
    const k = 1 - (1 - t) ** 3;
    target.lerpVectors(from.target, to.target, k);
    camera.position.lerpVectors(from.position, to.position, k);
    if (camera.zoom !== to.zoom) {
      camera.zoom = from.zoom + (to.zoom - from.zoom) * k;
      camera.updateProjectionMatrix();
    }
    if (t >= 1) this.cancel();
    return true;
  }
}
