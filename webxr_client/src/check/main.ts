/**
 * Entry point of the page /check. The page shows whether this browser supports VR, and the reason
 * if the browser does not support VR.
 */
import "../ui/styles.css";
import "./check.css";
import { type Diagnosis, diagnose } from "./diagnose.js";
import { missingFunctions } from "./functions.js";

const MARK = { good: "✓", bad: "✕", absent: "–" } as const;

async function offers(mode: XRSessionMode): Promise<boolean | string> {
  try {
    return (await navigator.xr?.isSessionSupported(mode)) ?? false;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function element(tag: string, className: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function show(main: HTMLElement, { able, headline, findings }: Diagnosis): void {
  const list = element("ul", "findings", "");
  for (const { name, state, text } of findings) {
    const row = element("li", state, "");
    row.append(
      element("span", "mark", MARK[state]),
      element("b", "", name),
      element("p", "muted", text),
    );
    list.append(row);
  }
  const back = document.createElement("a");
  back.href = "./";
  back.className = "button";
  back.textContent = "Open the latent space";
  main.replaceChildren(element("h1", able ? "able" : "unable", headline), list, back);
}

const main = document.getElementById("check") as HTMLElement;
const [vr, ar] = await Promise.all([offers("immersive-vr"), offers("immersive-ar")]);
show(
  main,
  diagnose({
    secure: window.isSecureContext,
    protocol: location.protocol,
    hostname: location.host,
    webgl2: document.createElement("canvas").getContext("webgl2") !== null,
    xr: "xr" in navigator && navigator.xr !== undefined,
    vr,
    ar,
    missing: missingFunctions(),
  }),
);
