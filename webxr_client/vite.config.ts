/// <reference types="vitest/config" />
import { defineConfig } from "vite";

// Built into the Python package; `pip install .` does this too.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    target: "es2022",
    // three.js alone is larger than the default limit; the page comes from the machine it runs on.
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  test: { include: ["tests/**/*.test.ts"] },
});
