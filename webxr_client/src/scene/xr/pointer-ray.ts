/** Line from a hand to the place on a board at which the hand points. */
import {
  BufferGeometry,
  Float32BufferAttribute,
  Line,
  LineBasicMaterial,
  type Vector3,
} from "three";

export class PointerRay {
  readonly line: Line<BufferGeometry, LineBasicMaterial>;

  constructor() {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new Float32BufferAttribute(new Float32Array(6), 3));
    this.line = new Line(
      geometry,
      new LineBasicMaterial({
        color: "#bfe4ff",
        transparent: true,
        opacity: 0.8,
        depthWrite: false,
      }),
    );
    this.line.frustumCulled = false;
    this.line.renderOrder = 5;
    this.line.visible = false;
  }

  /** Show the line between two points, room metres. */
  show(from: Vector3, to: Vector3): void {
    const position = this.line.geometry.getAttribute("position");
    position.setXYZ(0, from.x, from.y, from.z);
    position.setXYZ(1, to.x, to.y, to.z);
    position.needsUpdate = true;
    this.line.visible = true;
  }

  hide(): void {
    this.line.visible = false;
  }

  dispose(): void {
    this.line.geometry.dispose();
    this.line.material.dispose();
  }
}
