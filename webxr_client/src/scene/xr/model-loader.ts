/** Models of controllers and hands: binary glTF files, read by the GLTFLoader of three.js. */
import { type Group, LinearMipmapLinearFilter, RepeatWrapping, Texture } from "three";
import {
  GLTFLoader,
  type GLTFLoaderPlugin,
  type GLTFParser,
} from "three/addons/loaders/GLTFLoader.js";
import { fetchKept } from "../../net/picture-cache.js";

/**
 * Textures from images inside the file. GLTFLoader fetches such an image from a `blob:` URL, which
 * the page's Content-Security-Policy forbids (`connect-src 'self'`). This plugin decodes the bytes
 * of the image directly.
 */
class EmbeddedTextures implements GLTFLoaderPlugin {
  readonly name = "embedded-textures";

  constructor(private readonly parser: GLTFParser) {}

  async loadTexture(index: number): Promise<Texture> {
    const { json } = this.parser;
    const { bufferView, mimeType } = json.images[json.textures[index].source];
    const bytes: ArrayBuffer = await this.parser.getDependency("bufferView", bufferView);
    const bitmap = await createImageBitmap(new Blob([bytes], { type: mimeType }), {
      premultiplyAlpha: "none",
      colorSpaceConversion: "none",
    });
    const texture = new Texture(bitmap);
    texture.flipY = false; // the first row of a glTF image is the top row
    texture.wrapS = texture.wrapT = RepeatWrapping;
    texture.minFilter = LinearMipmapLinearFilter;
    texture.needsUpdate = true;
    this.parser.associations.set(texture, { textures: index });
    return texture;
  }
}

function newLoader(): GLTFLoader {
  return new GLTFLoader().register((parser) => new EmbeddedTextures(parser));
}

/**
 * Fetch a model. Rejects with an Error if the file is missing, is damaged, or requires a glTF
 * extension.
 */
export async function fetchModel(url: string): Promise<Group> {
  const answer = await fetchKept(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return parseModel(await answer.arrayBuffer());
}

/** Read a model from the bytes of its file. Rejects with an Error as `fetchModel` does. */
export async function parseModel(file: ArrayBuffer): Promise<Group> {
  const { parser, scene } = await newLoader().parseAsync(file, "");
  if (parser.json.extensionsRequired?.length) throw new Error("the model needs glTF extensions");
  return scene;
}
