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
    headline: bad ? `No VR in this browser yet: ${bad.name.toLowerCase()}` : "This browser can do VR",
    findings,
  };
}

function secureContext({ secure, protocol, hostname }: Surroundings): Finding {
  const name = "Secure connection";
  if (secure) return { name, state: "good", text: "The address counts as secure." };
  if (protocol === "http:")
    return {
      name,
      state: "bad",
      text: `Browsers give WebXR only to https addresses and to localhost, and this is plain http to ${hostname}. Open the https address that the server printed (start it with --lan), or connect the headset by cable and use adb reverse.`,
    };
  return {
    name,
    state: "bad",
    text: "The browser does not count this address as secure. Open the https address that the server printed.",
  };
}

function graphics({ webgl2 }: Surroundings): Finding {
  const name = "Graphics";
  return webgl2
    ? { name, state: "good", text: "WebGL 2 is there." }
    : {
        name,
        state: "bad",
        text: "WebGL 2 is missing. Turn on hardware acceleration in the browser's settings, or use another browser.",
      };
}

function knowsXr({ xr, secure }: Surroundings): Finding {
  const name = "WebXR";
  if (xr) return { name, state: "good", text: "The browser knows WebXR." };
  return {
    name,
    state: "bad",
    text: secure
      ? "This browser has no WebXR. The browsers of Quest and Pico headsets, Chrome and Edge have it; Firefox and Safari on a desktop do not."
      : "Not to be seen without a secure connection.",
  };
}

function headset({ xr, vr }: Surroundings): Finding {
  const name = "Headset";
  if (vr === true) return { name, state: "good", text: "A headset is there: press Enter VR on the page." };
  if (typeof vr === "string")
    return {
      name,
      state: "bad",
      text: `The browser did not want to say: ${vr}. A policy may forbid WebXR here.`,
    };
  return {
    name,
    state: "bad",
    text: xr
      ? "No headset answers. On a computer: connect one and start its software (SteamVR, Meta Link). In a headset: open this page in the headset's own browser."
      : "Without WebXR none can be used.",
  };
}

function passthrough({ ar }: Surroundings): Finding {
  const name = "Passthrough";
  return ar === true
    ? { name, state: "good", text: "The cloud can also stand in your own room: Enter AR." }
    : { name, state: "absent", text: "Not offered; VR does not need it." };
}
