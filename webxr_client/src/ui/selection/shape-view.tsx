/** View of an item that is a mesh or point cloud. It turns when it is dragged. */
import { useEffect, useRef, useState } from "preact/hooks";
import {
  DirectionalLight,
  Group,
  HemisphereLight,
  PerspectiveCamera,
  Scene,
  WebGLRenderer,
} from "three";
import { messageOf } from "../../net/errors.js";
import { DrawnShape, TILT, TURN } from "../../scene/shape-geometry.js";

const FIELD_DEGREES = 24;
/** Distance at which a shape of radius 1 fills the view, with a small margin. */
const DISTANCE = 1.08 / Math.sin((FIELD_DEGREES / 2) * (Math.PI / 180));
/** Turn per pixel of a drag, radians. */
const PER_PIXEL = 0.012;
/** Turn per key press, radians. */
const PER_KEY = Math.PI / 12;

/**
 * Canvas, camera and lights. All cards share one stage, because browsers limit the number of WebGL
 * canvases.
 */
class ShapeStage {
  readonly renderer = new WebGLRenderer({ antialias: true, alpha: true });
  readonly drawn = new DrawnShape();
  readonly turned = new Group();
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FIELD_DEGREES, 1, 0.1, 20);

  constructor() {
    const light = new DirectionalLight("#ffffff", 2.2);
    light.position.set(-2, 3, 3);
    this.turned.add(this.drawn.mesh, this.drawn.points);
    this.scene.add(new HemisphereLight("#dfe8ff", "#30343c", 1.1), light, this.turned);
    this.camera.position.z = DISTANCE;
    this.face();
  }

  /** Turn the shape as in its thumbnail. */
  face(): void {
    this.turned.rotation.set(TILT, TURN, 0);
  }

  turn(x: number, y: number): void {
    const { rotation } = this.turned;
    rotation.y += x;
    rotation.x = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, rotation.x + y));
    this.draw();
  }

  draw(): void {
    const { canvas } = this;
    const side = canvas.clientWidth;
    this.renderer.setPixelRatio(window.devicePixelRatio);
    this.renderer.setSize(side, side, false);
    this.renderer.render(this.scene, this.camera);
  }

  get canvas(): HTMLCanvasElement {
    return this.renderer.domElement;
  }
}

let stage: ShapeStage | null = null;

export function ShapeView({ item }: { item: number }) {
  const holder = useRef<HTMLDivElement>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    stage ??= new ShapeStage();
    const shown = stage;
    let current = true;
    holder.current?.replaceChildren(shown.canvas);
    shown.face();
    const asked = shown.drawn.show(item);
    // The shape of the previous item must not stay until the file has arrived.
    shown.draw();
    asked.then(
      (done) => {
        if (done && current) shown.draw();
      },
      (error: unknown) => current && setFailure(messageOf(error)),
    );
    return () => {
      current = false;
    };
  }, [item]);
  if (failure) return <p class="hint">{failure}</p>;
  const turn = (x: number, y: number) => stage?.turn(x, y);
  return (
    <div
      ref={holder}
      class="shape-view"
      role="img"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys turn the shape
      tabIndex={0}
      aria-label="The shape. Drag it, or use the arrow keys, to turn it."
      title="Drag to turn the shape"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.buttons & 1) turn(event.movementX * PER_PIXEL, event.movementY * PER_PIXEL);
      }}
      onKeyDown={(event) => {
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
          event.key
        ];
        if (!by) return;
        event.preventDefault();
        event.stopPropagation();
        turn(by[0]! * PER_KEY, by[1]! * PER_KEY);
      }}
    />
  );
}
