/**
 * The element that shows the cloud, with a canvas and a renderer inside. The graphics processor can
 * lose both. `build` then replaces them, while the element and its listeners stay.
 */
import { InstancedMesh, type Material, type Object3D, Texture, WebGLRenderer } from "three";

/** Attributes of the WebGL context: first the wanted ones, then those that need less memory. */
const ATTRIBUTES: readonly WebGLContextAttributes[] = [
  { antialias: true, alpha: true, powerPreference: "high-performance" },
  { antialias: false, alpha: true, powerPreference: "default" },
];

/** Functions that the surface calls. */
export interface SurfaceEvents {
  /** Draws a frame. `time`: time at which the frame began, ms. `frame`: frame of a headset. */
  frame(time: number, frame?: XRFrame): void;
  /** The graphics processor has lost all data of the page. */
  lost(): void;
  /** The browser has restored the lost context, without the data. */
  restored(): void;
}

export class Surface {
  readonly element = document.createElement("div");
  /** The renderer; null before the first successful `build`. */
  renderer: WebGLRenderer | null = null;

  /** Whether the graphics processor has lost the data of the renderer. */
  private lost = false;

  constructor(
    private readonly scene: Object3D,
    private readonly events: SurfaceEvents,
  ) {
    this.element.className = "cloud";
  }

  /**
   * Replace canvas and renderer. Returns "" on success. Otherwise returns the reason of the
   * browser, and the previous canvas stays.
   */
  build(): string {
    let reason = "";
    for (const attributes of ATTRIBUTES) {
      const canvas = document.createElement("canvas");
      canvas.addEventListener("webglcontextcreationerror", (event) => {
        reason = (event as WebGLContextEvent).statusMessage;
      });
      const context = canvas.getContext("webgl2", attributes);
      if (!context || context.isContextLost()) continue;
      this.release();
      this.begin(canvas, context);
      return "";
    }
    return reason || "The browser did not provide WebGL 2.";
  }

  /** Whether the context is antialiased. */
  get multisampled(): boolean {
    return this.renderer?.getContextAttributes()?.antialias ?? false;
  }

  private begin(canvas: HTMLCanvasElement, context: WebGL2RenderingContext): void {
    const current = (lost: boolean, call: () => void) => () => {
      if (this.renderer?.domElement !== canvas) return;
      this.mark(lost);
      call();
    };
    this.mark(false);
    this.element.replaceChildren(canvas);
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.setClearAlpha(0);
    this.renderer.setAnimationLoop((time, frame) => {
      if (!this.lost) this.events.frame(time, frame);
    });
    canvas.addEventListener("webglcontextlost", current(true, this.events.lost));
    canvas.addEventListener("webglcontextrestored", current(false, this.events.restored));
  }

  /** Hide the canvas while it is lost, because browsers draw a white area with an icon. */
  private mark(lost: boolean): void {
    this.lost = lost;
    this.element.classList.toggle("lost", lost);
  }

  /**
   * Detach the scene from the previous renderer, which otherwise stays in memory with the scene.
   * The next renderer sends all data to the graphics processor again.
   */
  private release(): void {
    const { renderer } = this;
    if (!renderer) return;
    renderer.setAnimationLoop(null);
    this.scene.traverse((object) => {
      const { geometry, material } = object as Object3D & Partial<Drawn>;
      geometry?.dispose();
      if (object instanceof InstancedMesh) object.dispose();
      for (const each of material ? [material].flat() : []) releaseMaterial(each);
    });
    renderer.dispose();
  }
}

/** The parts of a drawn object that have data on the graphics processor. */
interface Drawn {
  geometry: { dispose(): void };
  material: Material | Material[];
}

function releaseMaterial(material: Material): void {
  const { uniforms } = material as { uniforms?: Record<string, { value: unknown }> };
  const values = Object.values(uniforms ?? {}).map(({ value }) => value);
  for (const value of [...values, ...Object.values(material)])
    if (value instanceof Texture) value.dispose();
  material.dispose();
}
