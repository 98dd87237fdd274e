/** What a browser needs for VR here, what this one has, and what to do about what it lacks. Pure. */

export interface Surroundings {
  secure: boolean;
  /** "https:" and the like, name and port of the address. */
  protocol: string;
  hostname: string;
  webgl2: boolean;
  /** Whether the browser knows WebXR at all. */
  xr: boolean;
  /** Which kinds of session it offers; a text is the error it gave when asked. */
  vr: boolean | string;
  ar: boolean | string;
}

export interface Finding {
  name: string;
  /** The same in the middle of a sentence. */
  what: string;
  state: "good" | "bad" | "absent";
  text: string;
}

export interface Diagnosis {
  able: boolean;
  headline: string;
  findings: Finding[];
}

export function diagnose(about: Surroundings): Diagnosis {
  const findings = [
    secureContext(about),
    graphics(about),
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
  if (secure) return { ...named, state: "good", text: "The address counts as secure." };
  if (protocol === "http:")
    return {
      ...named,
      state: "bad",
      text: `Browsers give WebXR only to https addresses and to localhost, and this is plain http to ${hostname}. Open the https address that the server printed (start it with --lan), or connect the headset by cable and use adb reverse.`,
    };
  return {
    ...named,
    state: "bad",
    text: "The browser does not count this address as secure. Open the https address that the server printed.",
  };
}

function graphics({ webgl2 }: Surroundings): Finding {
  const named = { name: "WebGL 2", what: "WebGL 2" };
  return webgl2
    ? { ...named, state: "good", text: "WebGL 2 is there." }
    : {
        ...named,
        state: "bad",
        text: "WebGL 2 is missing. Turn on hardware acceleration in the browser's settings, or use another browser.",
      };
}

function knowsXr({ xr, secure }: Surroundings): Finding {
  const named = { name: "WebXR", what: "WebXR" };
  if (xr) return { ...named, state: "good", text: "The browser knows WebXR." };
  return {
    ...named,
    state: "bad",
    text: secure
      ? "This browser has no WebXR. The browsers of Quest and Pico headsets, Chrome and Edge have it; Firefox and Safari on a desktop do not."
      : "Not to be seen without a secure connection.",
  };
}

function headset({ xr, vr }: Surroundings): Finding {
  const named = { name: "Headset", what: "headset that answers" };
  if (vr === true)
    return { ...named, state: "good", text: "A headset is there: press Enter VR on the page." };
  if (typeof vr === "string")
    return {
      ...named,
      state: "bad",
      text: `The browser did not want to say: ${vr}. A policy may forbid WebXR here.`,
    };
  return {
    ...named,
    state: "bad",
    text: xr
      ? "No headset answers. On a computer: connect one and start its software (SteamVR, Meta Link). In a headset: open this page in the headset's own browser."
      : "Without WebXR none can be used.",
  };
}

function passthrough({ ar }: Surroundings): Finding {
  const named = { name: "Passthrough", what: "passthrough" };
  return ar === true
    ? { ...named, state: "good", text: "The cloud can also stand in your own room: Enter AR." }
    : { ...named, state: "absent", text: "Not offered; VR does not need it." };
}
