import { describe, expect, it } from "vitest";
import { panelsFor } from "../../../src/ui/kit/layout.js";

describe("the panels of a page", () => {
  it("of a site follow the address, or the size of the window", () => {
    expect(panelsFor("auto", true, 1280, 720)).toBe("full");
    expect(panelsFor("auto", true, 640, 720)).toBe("small");
    expect(panelsFor("auto", true, 1280, 400)).toBe("small");
    expect(panelsFor("full", true, 320, 240)).toBe("full");
    expect(panelsFor("none", true, 1280, 720)).toBe("none");
  });
  it("with a server are all panels", () => {
    expect(panelsFor("auto", false, 320, 240)).toBe("full");
  });
});
