/**
 * Pictures of single items, read back from a texture array without waiting for the GPU. Before one
 * frame, the GPU copies the pixels into a buffer. A few frames later, the page reads the buffer.
 */
import type { DataArrayTexture, WebGLRenderer } from "three";
import type { Decoded } from "../../state/force-state.js";

/** Largest size of all kept pictures, bytes. */
const KEPT_BYTES = 4 * 2 ** 20;
/** Largest number of pictures that are read before one frame. */
const MOST = 64;

/** Place of a picture in the texture, pixels. */
interface Place {
  item: number;
  layer: number;
  x: number;
  y: number;
  size: number;
}

/** Pictures that the GPU is copying into a buffer. */
interface Reading {
  places: Place[];
  buffer: WebGLBuffer;
  sync: WebGLSync;
}

export class PictureReader {
  /** Pictures that were read, oldest first. */
  private readonly pictures = new Map<number, Decoded>();
  private readonly asked = new Map<number, Place>();
  private reading: Reading | null = null;
  private framebuffer: WebGLFramebuffer | null = null;
  private keptBytes = 0;
  /** Bytes per pixel that the GPU returns; 0 before the first picture. */
  private depth: 0 | 1 | 4 = 0;

  /** `bytes`: bytes per pixel of the pictures. `onRead`: called after pictures were read. */
  constructor(
    private readonly texture: DataArrayTexture,
    private readonly bytes: 1 | 4,
    private readonly onRead: () => void,
  ) {}

  /** The picture of an item if it was read; null otherwise. */
  kept(item: number): Decoded | null {
    return this.pictures.get(item) ?? null;
  }

  /**
   * Request a picture. The picture is read before one of the next frames. `x`, `y`: left and top in
   * the layer, pixels.
   */
  ask(item: number, layer: number, x: number, y: number, size: number): void {
    this.asked.set(item, { item, layer, x, y, size });
  }

  /** Forget the pictures of the items from `first` to `end` - 1. */
  drop(first: number, end: number): void {
    const inside = (item: number) => item >= first && item < end;
    for (const item of this.asked.keys()) if (inside(item)) this.asked.delete(item);
    for (const item of this.pictures.keys()) if (inside(item)) this.remove(item);
    for (const place of this.reading?.places ?? []) if (inside(place.item)) place.item = -1;
  }

  /** Continue to read. Called before a frame, while nothing is drawn. */
  step(renderer: WebGLRenderer): void {
    const gl = renderer.getContext() as WebGL2RenderingContext;
    if (this.reading) this.finish(gl, this.reading);
    if (!this.reading && this.asked.size > 0) this.begin(renderer, gl);
  }

  /** Forget the requests and unfinished reads, because the GPU has lost them. */
  forget(): void {
    this.asked.clear();
    this.reading = this.framebuffer = null;
  }

  private begin(renderer: WebGLRenderer, gl: WebGL2RenderingContext): void {
    const known = renderer.properties.get(this.texture) as { __webglTexture?: WebGLTexture };
    const buffer = gl.createBuffer();
    if (!known.__webglTexture || !buffer) return;
    const places = Array.from(this.asked.values()).slice(0, MOST);
    for (const { item } of places) this.asked.delete(item);
    this.framebuffer ??= gl.createFramebuffer();
    renderer.state.bindFramebuffer(gl.READ_FRAMEBUFFER, this.framebuffer);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.pixelStorei(gl.PACK_ALIGNMENT, 1);
    let offset = 0;
    for (const { layer, x, y, size } of places) {
      const at = gl.COLOR_ATTACHMENT0;
      gl.framebufferTextureLayer(gl.READ_FRAMEBUFFER, at, known.__webglTexture, 0, layer);
      if (offset === 0) {
        this.depth ||= this.readDepth(gl);
        gl.bufferData(gl.PIXEL_PACK_BUFFER, this.bytesOf(places), gl.STREAM_READ);
      }
      const format = this.depth === 1 ? gl.RED : gl.RGBA;
      gl.readPixels(x, y, size, size, format, gl.UNSIGNED_BYTE, offset);
      offset += this.depth * size * size;
    }
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    renderer.state.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
    const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (sync) this.reading = { places, buffer, sync };
    else gl.deleteBuffer(buffer);
  }

  /**
   * Bytes per pixel that are read. All drivers can read RGBA, but some of them then convert a grey
   * picture on the CPU, which has to wait for the GPU.
   */
  private readDepth(gl: WebGL2RenderingContext): 1 | 4 {
    const format = gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_FORMAT) as number;
    const type = gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_TYPE) as number;
    return this.bytes === 1 && format === gl.RED && type === gl.UNSIGNED_BYTE ? 1 : 4;
  }

  private finish(gl: WebGL2RenderingContext, { places, buffer, sync }: Reading): void {
    const status = gl.clientWaitSync(sync, gl.SYNC_FLUSH_COMMANDS_BIT, 0);
    if (status === gl.TIMEOUT_EXPIRED) return;
    this.reading = null;
    gl.deleteSync(sync);
    const pixels = new Uint8Array(this.bytesOf(places));
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, pixels);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(buffer);
    if (status === gl.WAIT_FAILED) return;
    let offset = 0;
    for (const { item, size } of places) {
      const length = this.depth * size * size;
      if (item >= 0) this.keep(item, size, pixels.subarray(offset, offset + length));
      offset += length;
    }
    this.onRead();
  }

  private keep(item: number, size: number, pixels: Uint8Array): void {
    const { bytes: channels, pictures, depth } = this;
    const bytes = new Uint8Array(size * size * channels);
    if (channels === depth) bytes.set(pixels);
    else for (let k = 0; k < bytes.length; k++) bytes[k] = pixels[depth * k]!;
    this.remove(item);
    pictures.set(item, { width: size, height: size, channels, bytes });
    this.keptBytes += bytes.length;
    for (const old of pictures.keys()) {
      if (this.keptBytes <= KEPT_BYTES || old === item) break;
      this.remove(old);
    }
  }

  private remove(item: number): void {
    this.keptBytes -= this.pictures.get(item)?.bytes.length ?? 0;
    this.pictures.delete(item);
  }

  private bytesOf(places: readonly Place[]): number {
    return places.reduce((sum, { size }) => sum + this.depth * size * size, 0);
  }
}
