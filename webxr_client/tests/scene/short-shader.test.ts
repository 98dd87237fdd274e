/** The build shortens shaders. */
import { expect, it } from "vitest";
import { shortShader } from "../../vite.config.js";

it("leaves out comments and indentation, and keeps the lines", () => {
  const text = `
#define A 1 // a comment

  // About 1.5 pixels.
  float a = 1.0 / float(A); // more
  b();
`;
  expect(shortShader(text)).toBe("#define A 1\nfloat a = 1.0 / float(A);\nb();");
});
