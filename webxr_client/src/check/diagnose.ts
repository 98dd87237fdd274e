/**
 * Diagnosis of a browser: which requirements of VR the browser meets, and what to do about the
 * requirements that it does not meet.
 */

export interface Surroundings {
  /** Whether the browser treats the page as a secure context. */
  secure: boolean;
  /** Protocol of the address, such as "https:". */
  protocol: string;
  /** Host name and port of the address. */
  hostname: string;
  /** Whether the browser has WebGL 2. */
  webgl2: boolean;
  /** Whether the browser has the WebXR API. */
  xr: boolean;
  /** Whether the browser offers a VR session; a string is the error message of the browser. */
  vr: boolean | string;
  /**
   * Whether the browser offers an AR session (passthrough); a string is the error message of the
   * browser.
   */
  ar: boolean | string;
  /** Names of the functions that the page needs and this browser lacks, such as "Object.hasOwn". */
  missing: readonly string[];
}

export interface Finding {
  /** Name of the requirement, as a title. */
  name: string;
  /** The name as it appears inside a sentence. */
  what: string;
  /** Result for the requirement; `absent`: not available and not required. */
  state: "good" | "bad" | "absent";
  /** Explanation, and the remedy if the state is `bad`. */
  text: string;
}

export interface Diagnosis {
  /** Whether this browser can start VR. */
  able: boolean;
  /** One sentence for the user. */
  headline: string;
  /** One finding per requirement, in the order in which the user has to meet the requirements. */
  findings: Finding[];
}

export function diagnose(about: Surroundings): Diagnosis {
  const findings = [
    secureContext(about),
    graphics(about),
    modern(about),
    knowsXr(about),
    headset(about),
    passthrough(about),
  ];
  const bad = findings.find((finding) => finding.state === "bad");
  return {
    able: !bad,
    headline: bad ? `No VR in this browser yet: no ${bad.what}` : "This browser can do VR",
    findings,
  };
}

function secureContext({ secure, protocol, hostname }: Surroundings): Finding {
  const named = { name: "Secure connection", what: "secure connection" };
  if (secure) return { ...named, state: "good", text: "The address is secure." };
  if (protocol === "http:")
    return {
      ...named,
      state: "bad",
      text: [
        "Browsers offer WebXR only on https addresses and on localhost.",
        `The address ${hostname} was opened without https.`,
        "Start the server with --lan, and open the https address that the server prints.",
        "Or connect the headset by cable, and use adb reverse.",
      ].join(" "),
    };
  return {
    ...named,
    state: "bad",
    text: [
      "The browser does not treat this address as secure.",
      "Open the https address that the server printed.",
    ].join(" "),
  };
}

function graphics({ webgl2 }: Surroundings): Finding {
  const named = { name: "WebGL 2", what: "WebGL 2" };
  return webgl2
    ? { ...named, state: "good", text: "WebGL 2 is available." }
    : {
        ...named,
        state: "bad",
        text: [
          "WebGL 2 is missing.",
          "Turn on hardware acceleration in the browser's settings, or use another browser.",
        ].join(" "),
      };
}

function modern({ missing }: Surroundings): Finding {
  const named = { name: "Functions of the browser", what: missing.join(", no ") };
  if (missing.length === 0)
    return { ...named, state: "good", text: "The browser has all functions that the page needs." };
  return {
    ...named,
    state: "bad",
    text: [
      `The browser is too old: it lacks ${missing.join(", ")}.`,
      "Update the browser or the headset. These functions need Chromium 103 (2022) or later.",
    ].join(" "),
  };
}

function knowsXr({ xr, secure }: Surroundings): Finding {
  const named = { name: "WebXR", what: "WebXR" };
  if (xr) return { ...named, state: "good", text: "WebXR is available." };
  return {
    ...named,
    state: "bad",
    text: secure
      ? [
          "This browser does not have WebXR. Firefox and Safari on a computer do not have WebXR.",
          "Use Chrome or Edge on a computer, or the browser of a Quest or Pico headset.",
        ].join(" ")
      : "Unknown, because browsers hide WebXR on addresses that are not secure.",
  };
}

function headset({ xr, vr }: Surroundings): Finding {
  const named = { name: "Headset", what: "headset" };
  if (vr === true)
    return { ...named, state: "good", text: "The browser offers VR. Press Enter VR on the page." };
  if (typeof vr === "string")
    return {
      ...named,
      state: "bad",
      text: `The browser reported an error instead of a headset: ${vr}. A policy may forbid WebXR.`,
    };
  return {
    ...named,
    state: "bad",
    text: xr
      ? [
          "No headset was found.",
          "On a computer, connect a headset and start its software (SteamVR or Meta Link).",
          "In a headset, open this page in the browser of the headset.",
        ].join(" ")
      : "A headset cannot be used without WebXR.",
  };
}

function passthrough({ ar }: Surroundings): Finding {
  const named = { name: "Passthrough", what: "passthrough" };
  return ar === true
    ? {
        ...named,
        state: "good",
        text: "The cloud can also be shown in your own room: press Enter AR.",
      }
    : {
        ...named,
        state: "absent",
        text: "The browser does not offer AR. VR works, but without passthrough.",
      };
}
