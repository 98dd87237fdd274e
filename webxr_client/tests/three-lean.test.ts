/** The shaders that are left are those of three: with the switches that this page may set, every program comes out of the preprocessor the same. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ALWAYS_ZERO, evaluate, LEFT_OUT, leanGlsl, leanModule, NEVER_SET } from "../three-lean.js";

const three = join(dirname(createRequire(import.meta.url).resolve("three")), "..");
const folder = join(three, "src/renderers/shaders");
const modules = ["ShaderChunk", "ShaderLib"].flatMap((kind) =>
  readdirSync(join(folder, kind)).map((name) => join(folder, kind, name)),
);

function sourcesOf(module: string): string[] {
  return Array.from(
    readFileSync(module, "utf8").matchAll(/`([^`]*)`/g),
    (match) => match[1] as string,
  );
}

function includes(source: string): string[] {
  return Array.from(leanGlsl(source).matchAll(/#include +<(\w+)>/g), (match) => match[1] as string);
}

function bare(line: string): string {
  return line.replace(/\/\/.*/, "").replace(/\s+/g, "");
}

/** What a preprocessor passes on: `set` are the names that are defined, `number` those that stand for numbers. Spaces do not count. */
function preprocessed(
  source: string,
  set: (name: string) => boolean,
  number: (name: string) => number,
): string {
  const out: string[] = [];
  const open: { taken: boolean; now: boolean }[] = [];
  const defined = new Set<string>();
  const isSet = (name: string) => defined.has(name) || set(name);
  const holds = (condition: string) =>
    Boolean(
      runInNewContext(
        condition
          .replace(/defined\s*\(\s*(\w+)\s*\)/g, (_, name: string) => String(isSet(name)))
          .replace(/\b[A-Z]\w*\b/g, (name) => String(number(name))),
      ),
    );
  for (const line of source.replace(/\/\*[\s\S]*?\*\//g, "").split("\n")) {
    const text = line.replace(/\/\/.*/, "").trim();
    const [, word = "", rest = ""] = /^#\s*(\w+)\s*(.*)$/.exec(text) ?? [];
    const reached = open.every((level) => level.now);
    if (word === "if") open.push({ now: reached && holds(rest), taken: false });
    else if (word === "ifdef") open.push({ now: isSet(rest), taken: false });
    else if (word === "ifndef") open.push({ now: !isSet(rest), taken: false });
    else if (word === "endif") open.pop();
    else if (word === "elif" || word === "else") {
      const level = open.at(-1) as { taken: boolean; now: boolean };
      const outer = open.slice(0, -1).every((other) => other.now);
      level.taken ||= level.now;
      level.now = outer && !level.taken && (word === "else" || holds(rest));
    } else if (reached && text !== "") {
      if (word === "define") defined.add(rest.split(/[\s(]/)[0] as string);
      out.push(bare(text));
    }
  }
  return out.join("\n");
}

/** Names that conditions speak of, and a way to draw who of them is set that is the same in each run. */
const names = new Set(
  modules.flatMap(sourcesOf).flatMap((source) => source.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []),
);
const implied = ["IOR", "USE_SPECULAR", "ENV_WORLDPOS", "LAMBERT", "PHONG"];
function draw(seed: number): [(name: string) => boolean, (name: string) => number] {
  const hash = (name: string) => {
    let value = seed * 7919;
    for (const letter of name)
      value = (Math.imul(value, 31) + (letter.codePointAt(0) as number)) | 0;
    return Math.abs(value >> 3);
  };
  const set = (name: string) =>
    names.has(name) && !NEVER_SET.has(name) && !implied.includes(name) && hash(name) % 2 === 0;
  return [set, (name) => (ALWAYS_ZERO.has(name) ? 0 : hash(name) % 3)];
}

describe("lean shaders", () => {
  it("say the same as three's for whatever this page may set", () => {
    expect(modules.length).toBeGreaterThan(120);
    for (const module of modules)
      for (const source of sourcesOf(module))
        for (let seed = 1; seed <= 40; seed++) {
          const [set, number] = draw(seed);
          expect(preprocessed(leanGlsl(source), set, number), module).toBe(
            preprocessed(source, set, number),
          );
        }
  });

  it("are an error for whom sets what is left out", () => {
    const common = modules.find((name) => name.endsWith("/common.glsl.js")) as string;
    const phong = modules.find((name) => name.endsWith("/meshphong.glsl.js")) as string;
    const [chunk, left] = [common, phong].map((name) =>
      leanModule(name, readFileSync(name, "utf8")),
    );
    for (const name of NEVER_SET) expect(chunk).toContain(`defined(${name})`);
    expect(chunk).toContain("#error");
    expect(left).toContain('vertex = "#error');
    expect(() =>
      leanModule("/three/src/renderers/shaders/ShaderChunk/new.glsl.js", "export default 1"),
    ).toThrow();
  });

  it("lack no part of a program that is kept", () => {
    const kept = modules.filter(
      (module) => module.includes("/ShaderLib/") && !LEFT_OUT.test(module),
    );
    const names = kept.map((module) => module.replace(/.*\/|\.glsl\.js$/g, "")).sort();
    expect(names).toEqual(["meshbasic", "meshphysical"]);
    const wanted = new Set(kept.flatMap((module) => sourcesOf(module).flatMap(includes)));
    for (const chunk of wanted) {
      const module = join(folder, "ShaderChunk", `${chunk}.glsl.js`);
      expect(LEFT_OUT.test(module), chunk).toBe(false);
      for (const inner of sourcesOf(module).flatMap(includes)) wanted.add(inner);
    }
  });

  it("name switches that three knows", () => {
    const program = readFileSync(join(three, "src/renderers/webgl/WebGLProgram.js"), "utf8");
    const lights = modules.flatMap(sourcesOf).join("\n");
    for (const name of NEVER_SET) expect(`${program}\n${lights}`).toContain(name);
    for (const name of ALWAYS_ZERO) expect(lights).toContain(name);
  });

  it.each([
    ["defined( USE_FOG )", false],
    ["! defined( USE_FOG )", true],
    ["defined( USE_MAP ) || defined( USE_FOG )", null],
    ["defined( USE_MAP ) && defined( USE_FOG )", false],
    ["( NUM_POINT_LIGHTS > 0 ) && defined( RE_Direct )", false],
    ["NUM_DIR_LIGHTS > 0", null],
    ["UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS", null],
  ])("%s is %s", (condition, value) => {
    expect(evaluate(condition)).toBe(value);
  });

  it("keeps signs apart", () => {
    expect(leanGlsl("\tfloat a = b - - c; // d\n")).toBe("float a=b - - c;");
  });
});
