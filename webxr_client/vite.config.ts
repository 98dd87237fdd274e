/// <reference types="vitest/config" />
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

/**
 * Profiles of @webxr-input-profiles/assets (98 MB) that are shipped: the controllers of common
 * headsets, and hands. Other controllers get a fallback mesh (scene/xr/input-models.ts).
 */
export const PROFILES = [
  "meta-quest-touch-plus",
  "oculus-touch-v3",
  "meta-quest-touch-pro",
  "generic-hand",
];

/** Matches tests that replace modules or globals, or leave timers of a connection. */
const REPLACES = /vi\.(mock|doMock|stubGlobal|stubEnv)\(|new Connection\(|globalThis\.\w+ =/;

/** The paths of the test files whose text is wanted, relative to this folder. */
function testFiles(wanted: (text: string) => boolean): string[] {
  // A build needs no tests, and a source distribution does not have them.
  if (!process.env.VITEST) return [];
  const all = readdirSync(resolve(import.meta.dirname, "tests"), { recursive: true });
  return all
    .map((name) => `tests/${String(name).replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => wanted(readFileSync(resolve(import.meta.dirname, path), "utf8")));
}

function inputProfiles(): Plugin {
  let outDir = "";
  return {
    name: "input-profiles",
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    writeBundle() {
      const require = createRequire(import.meta.url);
      const from = dirname(
        require.resolve("@webxr-input-profiles/assets/dist/profiles/profilesList.json"),
      );
      const to = join(outDir, "models");
      const all = JSON.parse(readFileSync(join(from, "profilesList.json"), "utf8")) as Record<
        string,
        object
      >;
      mkdirSync(to, { recursive: true });
      for (const profile of PROFILES)
        cpSync(join(from, profile), join(to, profile), { recursive: true });
      cpSync(join(from, "../../LICENSE.md"), join(to, "license.txt"));
      const known = Object.fromEntries(PROFILES.map((profile) => [profile, all[profile]]));
      writeFileSync(join(to, "profilesList.json"), JSON.stringify(known));
    },
  };
}

/** Return a shader without comments and indentation. Lines stay, because `#` begins a line. */
export function shortShader(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/\/\/.*/, "").trim());
  return lines.filter((line) => line !== "").join("\n");
}

/** Shortens the shaders, which are texts for the bundler: they are a part of the first scripts. */
const shaders: Plugin = {
  name: "shaders",
  apply: "build",
  enforce: "pre",
  transform: (code, id) =>
    id.endsWith(".ts") && code.includes("/* glsl */")
      ? {
          code: code.replace(
            /\/\* glsl \*\/ `([^`]*)`/g,
            (_, text) => `/* glsl */ \`${shortShader(text)}\``,
          ),
          map: null,
        }
      : null,
};

// Built into the Python package; `pip install .` runs this build too.
export default defineConfig({
  // Relative, so that a baked site works in any folder of a web server.
  base: "./",
  plugins: [inputProfiles(), shaders],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    target: "es2022",
    // three.js alone exceeds the default limit, and the page is served locally.
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ["index.html", "check.html", "panels.html"],
      output: {
        // One chunk for the modules that several parts share: many small chunks compress worse.
        // A baked site does not need item-infos.ts.
        codeSplitting: {
          groups: [
            {
              name: "shared",
              test: /src\/(net|protocol|state|ui\/(classes|kit|selection))\/(?!item-infos)|preact/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  // The limits are long, because tests are slow on a busy machine.
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Files that replace modules or globals get modules of their own. The other files share them:
    // all files together then take less than half of the processor time.
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: testFiles((text) => !REPLACES.test(text)),
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: "own", include: testFiles((text) => REPLACES.test(text)), isolate: true },
      },
    ],
  },
});
