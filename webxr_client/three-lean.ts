/**
 * three.js without the shaders that this page never runs, at build time. three keeps every branch of every material's GLSL as text, which no
 * bundler can shake out: 23 kB of a page of 213 (gzip). Here the preprocessor's work is done beforehand for switches that are never set, and
 * programs of materials that are not used are left out. Who uses one of them after all gets an `#error` that names this file, not a picture
 * without shadows; a test asserts that (tests/three-lean.test.ts), and the browser tests look for errors in the console.
 */
import type { Plugin } from "vite";

/** Switches that three sets only for what is not used here: shadows, environments, fog, tone mapping, physical materials, morph targets... */
export const NEVER_SET: ReadonlySet<string> = new Set([
  ...[
    "USE_SHADOWMAP",
    "USE_ENVMAP",
    "USE_LIGHTMAP",
    "USE_AOMAP",
    "USE_BUMPMAP",
    "USE_DISPLACEMENTMAP",
  ],
  ...[
    "USE_NORMALMAP",
    "USE_NORMALMAP_OBJECTSPACE",
    "USE_NORMALMAP_TANGENTSPACE",
    "USE_PACKED_NORMALMAP",
  ],
  ...[
    "USE_EMISSIVEMAP",
    "USE_SPECULARMAP",
    "USE_ALPHAMAP",
    "USE_ALPHAHASH",
    "USE_GRADIENTMAP",
    "USE_MATCAP",
  ],
  ...[
    "USE_FOG",
    "FOG_EXP2",
    "TONE_MAPPING",
    "DITHERING",
    "FLAT_SHADED",
    "USE_TANGENT",
    "USE_POINTS_UV",
  ],
  ...["USE_BATCHING", "USE_BATCHING_COLOR", "USE_INSTANCING_MORPH", "USE_LIGHT_PROBES"],
  ...["USE_MORPHTARGETS", "USE_MORPHNORMALS", "USE_MORPHCOLORS"],
  ...["USE_LOGARITHMIC_DEPTH_BUFFER", "USE_REVERSED_DEPTH_BUFFER"],
  ...["DECODE_VIDEO_TEXTURE", "DECODE_VIDEO_TEXTURE_EMISSIVE"],
  ...[
    "PHYSICAL",
    "USE_CLEARCOAT",
    "USE_CLEARCOATMAP",
    "USE_CLEARCOAT_NORMALMAP",
    "USE_CLEARCOAT_ROUGHNESSMAP",
  ],
  ...["USE_IRIDESCENCE", "USE_IRIDESCENCEMAP", "USE_IRIDESCENCE_THICKNESSMAP", "USE_DISPERSION"],
  ...[
    "USE_SHEEN",
    "USE_SHEEN_COLORMAP",
    "USE_SHEEN_ROUGHNESSMAP",
    "USE_ANISOTROPY",
    "USE_ANISOTROPYMAP",
  ],
  ...["USE_TRANSMISSION", "USE_TRANSMISSIONMAP", "USE_THICKNESSMAP", "USE_RETROREFLECTION"],
  ...[
    "USE_SPECULAR_COLORMAP",
    "USE_SPECULAR_INTENSITYMAP",
    "USE_DIFFUSE_ROUGHNESS",
    "USE_DIFFUSE_ROUGHNESSMAP",
  ],
]);

/** Follow from the above, within the shaders only: nobody can set them alone. */
const IMPLIED: ReadonlySet<string> = new Set([
  "IOR",
  "USE_SPECULAR",
  "ENV_WORLDPOS",
  "LAMBERT",
  "PHONG",
]);

/** Counts, written into the source before it is compiled, that are always 0: clipping planes, and lights other than sky and sun. */
export const ALWAYS_ZERO: ReadonlySet<string> = new Set([
  ...[
    "NUM_CLIPPING_PLANES",
    "NUM_SUN_LIGHTS",
    "NUM_POINT_LIGHTS",
    "NUM_SPOT_LIGHTS",
    "NUM_RECT_AREA_LIGHTS",
  ],
  ...[
    "NUM_SUN_LIGHT_SHADOWS",
    "NUM_DIR_LIGHT_SHADOWS",
    "NUM_POINT_LIGHT_SHADOWS",
    "NUM_SPOT_LIGHT_SHADOWS",
  ],
  ...["NUM_SPOT_LIGHT_COORDS", "NUM_SPOT_LIGHT_MAPS", "NUM_LIGHT_PROBE_GRIDS"],
]);

/** Programs of materials and of passes that are not used, and parts of those. `background`: a picture behind the scene; ours is a colour. */
export const LEFT_OUT = new RegExp(
  [
    "/ShaderLib/(background|backgroundCube|cube|depth|distance|equirect|linedashed|points|shadow|sprite|vsm)\\.glsl\\.js$",
    "/ShaderLib/mesh(lambert|matcap|normal|phong|toon)\\.glsl\\.js$",
    "/ShaderChunk/(lights_(lambert|phong|toon)_\\w+|map_particle_\\w+|tonemapping_pars_fragment|shadowmask_pars_fragment)\\.glsl\\.js$",
  ].join("|"),
);

type Truth = boolean | null;

/** What a preprocessor's condition is, given what is never set; null where that is not known. */
export function evaluate(condition: string): Truth {
  const tokens = condition.match(/\w+|&&|\|\||[<>]=?|[!=]=|[!()]|\S/g) ?? [];
  let next = 0;
  const primary = (): Truth => {
    const token = tokens[next++];
    if (token === "!") {
      const value = primary();
      return value === null ? null : !value;
    }
    if (token === "(") {
      const value = either();
      next++;
      return value;
    }
    if (token === "defined") {
      const bracket = tokens[next] === "(";
      const name = tokens[next + (bracket ? 1 : 0)] ?? "";
      next += bracket ? 3 : 1;
      return NEVER_SET.has(name) || IMPLIED.has(name) ? false : null;
    }
    // A comparison, or a value alone: only `NUM_... > 0` is known.
    if (!/^(?:[<>]=?|[!=]=)$/.test(tokens[next] ?? "")) return null;
    const [operator, right] = [tokens[next], tokens[next + 1]];
    next += 2;
    return ALWAYS_ZERO.has(token ?? "") && operator === ">" && right === "0" ? false : null;
  };
  const both = (): Truth => {
    let value = primary();
    while (tokens[next] === "&&") {
      next++;
      const other = primary();
      value = value === false || other === false ? false : value && other;
    }
    return value;
  };
  const either = (): Truth => {
    let value = both();
    while (tokens[next] === "||") {
      next++;
      const other = both();
      value =
        value === true || other === true ? true : value === null || other === null ? null : false;
    }
    return value;
  };
  const value = either();
  return next === tokens.length ? value : null;
}

/** GLSL without comments, indentation and branches that are never taken. */
export function leanGlsl(source: string): string {
  const lines = source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .map((line) =>
      line
        .replace(/\/\/.*/, "")
        .replace(/[ \t]+/g, " ")
        .trim(),
    )
    .filter((line) => line !== "");
  const out: string[] = [];
  /** `kept`: this branch is. `decided`: an earlier branch, or this one, is always taken. `written`: its #if is in the output. */
  const open: { outer: boolean; kept: boolean; decided: boolean; written: boolean }[] = [];
  const keeping = () => open.every((level) => level.kept);
  for (const line of lines) {
    const directive = /^#\s*(ifdef|ifndef|if|elif|else|endif)\b\s*(.*)$/.exec(line);
    if (!directive) {
      if (keeping()) out.push(squeezed(line));
      continue;
    }
    const [, word, rest = ""] = directive;
    if (word === "if" || word === "ifdef" || word === "ifndef") {
      const condition = word === "if" ? rest : `${word === "ifndef" ? "! " : ""}defined( ${rest} )`;
      const value = evaluate(condition);
      const outer = keeping();
      open.push({ outer, kept: value !== false, decided: value === true, written: value === null });
      if (outer && value === null) out.push(line);
      continue;
    }
    const level = open.at(-1);
    if (!level) throw new Error(`#${word} without #if`);
    if (word === "endif") {
      if (level.outer && level.written) out.push("#endif");
      open.pop();
      continue;
    }
    const value = level.decided ? false : word === "else" ? true : evaluate(rest);
    level.kept = value !== false;
    if (value === true) level.decided = true;
    if (!level.outer || !level.kept) continue;
    if (level.written) out.push(value === true ? "#else" : `#elif ${rest}`);
    else if (value === null) {
      level.written = true;
      out.push(`#if ${rest}`);
    }
  }
  if (open.length > 0) throw new Error("#if without #endif");
  return out.join("\n");
}

/** Directives stay as they are: there spaces may count, and three looks for some of them. So do signs: `a - -b` is no `a--b`. */
function squeezed(line: string): string {
  if (line.startsWith("#")) return line;
  return line.replace(/ ?([=*/<>(){},;?:]) ?/g, "$1");
}

const ERROR = "#error left out of this build of three: webxr_client/three-lean.ts";
const GUARD = `#if ${[...NEVER_SET].map((name) => `defined(${name})`).join("||")}\n${ERROR}\n#endif`;

/** A shader's module of three, with leaner text. Throws where the module looks otherwise than it did. */
export function leanModule(id: string, code: string): string {
  let count = 0;
  const lean = code.replace(/\/\* glsl \*\/\s*`([^`]*)`/g, (_, source: string) => {
    count++;
    if (LEFT_OUT.test(id)) return JSON.stringify(ERROR);
    const text = leanGlsl(source);
    return JSON.stringify(id.endsWith("/common.glsl.js") ? `${GUARD}\n${text}` : text);
  });
  if (count === 0 || lean.includes("`"))
    throw new Error(`${id} is not a shader as three-lean.ts knows them`);
  return lean;
}

export function threeLean(): Plugin {
  return {
    name: "three-lean",
    apply: "build",
    enforce: "pre",
    // The sources: of three's own bundle no part can be seen, and much less is shaken out.
    async resolveId(source, importer) {
      return source === "three"
        ? this.resolve("three/src/Three.js", importer, { skipSelf: true })
        : null;
    },
    transform: {
      filter: { id: /\/three\/src\/renderers\/shaders\/.*\.glsl\.js$/ },
      handler: (code, id) => ({ code: leanModule(id, code), map: null }),
    },
  };
}
