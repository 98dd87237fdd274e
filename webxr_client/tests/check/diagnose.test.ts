/** /check names each missing requirement and its remedy. */
import { describe, expect, it } from "vitest";
import { diagnose, type Surroundings } from "../../src/check/diagnose.js";

const GOOD: Surroundings = {
  secure: true,
  protocol: "https:",
  hostname: "192.168.1.20:8443",
  webgl2: true,
  xr: true,
  vr: true,
  ar: true,
  missing: [],
};

describe("a browser", () => {
  it("with all requirements supports VR", () => {
    const { able, headline, findings } = diagnose(GOOD);
    expect(able).toBe(true);
    expect(headline).toMatch(/can do VR/);
    expect(findings.every(({ state }) => state === "good")).toBe(true);
  });
  it("without passthrough supports VR", () => {
    expect(diagnose({ ...GOOD, ar: false }).able).toBe(true);
  });
  it.each<[string, Partial<Surroundings>, string, RegExp]>([
    [
      "plain http",
      { secure: false, protocol: "http:", xr: false, vr: false },
      "Secure connection",
      /--lan|adb reverse/,
    ],
    ["no WebXR", { xr: false, vr: false }, "WebXR", /Chrome|Quest/],
    ["no headset", { vr: false }, "Headset", /connect a headset/],
    [
      "a policy against it",
      { vr: "denied by Permissions-Policy" },
      "Headset",
      /Permissions-Policy/,
    ],
    [
      "no Object.hasOwn",
      { missing: ["Object.hasOwn"] },
      "Functions of the browser",
      /too old.*hasOwn/,
    ],
    ["no WebGL 2", { webgl2: false }, "WebGL 2", /hardware acceleration/],
  ])("with %s gets the reason and the remedy", (_, lacking, name, advice) => {
    const { able, headline, findings } = diagnose({ ...GOOD, ...lacking });
    expect(able).toBe(false);
    const finding = findings.find((one) => one.name === name);
    expect(finding?.state).toBe("bad");
    expect(headline).toBe(`No VR in this browser yet: no ${finding?.what}`);
    expect(finding?.text).toMatch(advice);
  });
});
