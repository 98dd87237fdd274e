import { afterEach, expect, it, vi } from "vitest";
import { missingFunctions } from "../../src/check/functions.js";

class Context {
  roundRect(): void {}
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it("a recent browser lacks nothing", () => {
  vi.stubGlobal("CanvasRenderingContext2D", Context);
  expect(missingFunctions()).toEqual([]);
});

it("each function that an old browser lacks is named", () => {
  vi.stubGlobal("CanvasRenderingContext2D", class {});
  vi.stubGlobal(
    "DecompressionStream",
    class {
      constructor(format: string) {
        if (format === "deflate-raw") throw new TypeError("unsupported");
      }
    },
  );
  const { hasOwn } = Object;
  Object.assign(Object, { hasOwn: undefined });
  const missing = missingFunctions();
  Object.assign(Object, { hasOwn });
  expect(missing).toEqual([
    "Object.hasOwn",
    "CanvasRenderingContext2D.roundRect",
    'DecompressionStream("deflate-raw")',
  ]);
});
