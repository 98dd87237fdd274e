/** The start and end of VR, with messages about failures. */

import { effect } from "@preact/signals";
import type { WebXRManager } from "three";
import { messageOf } from "../../../net/errors.js";
import { unlockAudio } from "../../../scene/audio-output.js";
import { InputModels } from "../../../scene/xr/input-models.js";
import type { XrMode } from "../../../state/xr-state.js";
import type { BenchSession, SourceLog } from "../bench-report.js";
import { layerOf, rendererName } from "../frame-figures.js";
import { LEVELS } from "../frame-quality.js";
import type { Bench } from "../xr-bench.js";
import { type XrParts, XrView } from "../xr-view.js";
import { endWords } from "./end-text.js";
import { framebufferScale } from "./framebuffer-scale.js";

/** Requested frame rate, Hz: a steady 72 Hz is better than 90 Hz with missed frames. */
const WANTED_RATE = 72;

/** Longest wait for the end of a session whose view is lost, ms. */
const END_MS = 1000;

/**
 * Message while VR starts, because some browsers then ask for permission to use the hands: those of
 * Vision Pro and Android XR.
 */
const HANDS =
  "If the headset asks whether this page may see your hands, allow it: then you can select and " +
  "grab without controllers.";

type Session = BenchSession & {
  updateTargetFrameRate?(rate: number): Promise<void> | undefined;
};

export class XrEntry {
  view: XrView | null = null;
  private session: XRSession | null = null;
  private entering = false;
  private leaving = false;
  /** Function to call when VR has ended because the graphics processor lost the view; or null. */
  private lost: (() => void) | null = null;
  /** Returns the report of `?bench` with the figures until now; null without `?bench`. */
  private report: (() => string) | null = null;
  /** Models of controllers and hands, kept between sessions so that each model is loaded once. */
  private readonly models = new InputModels();

  constructor(private readonly parts: XrParts) {}

  /** Start VR. Browsers allow VR to start only in the handler of a click. */
  async enter(mode: XrMode): Promise<void> {
    const { state } = this.parts;
    if (this.session || this.entering || !navigator.xr || !this.parts.stage.drawable) return;
    this.entering = true;
    unlockAudio();
    state.xr.message.value = HANDS;
    try {
      const session = await navigator.xr.requestSession(mode, {
        optionalFeatures: ["local-floor", "hand-tracking", "layers"],
      });
      state.xr.message.value = "";
      await this.begin(session, mode);
    } catch (error) {
      const why = refusal(error);
      // `ended` clears the message. The timeout delays the new message until `ended` has run.
      window.setTimeout(() => {
        state.xr.message.value = why;
      }, 0);
    } finally {
      this.entering = false;
    }
  }

  /** Leave VR. */
  async leave(): Promise<void> {
    this.leaving = true;
    await this.session?.end();
  }

  /** End VR, because the graphics processor has lost the view. Resolves when VR has ended. */
  async lose(): Promise<void> {
    const { session } = this;
    if (!session) return;
    const over = new Promise<void>((resolve) => {
      this.lost = resolve;
    });
    void session.end().catch(() => {}); // the session has ended already
    const late = window.setTimeout(() => this.session && this.ended(), END_MS);
    await over;
    window.clearTimeout(late);
  }

  private async begin(session: Session, mode: XrMode): Promise<void> {
    const { stage, state } = this.parts;
    const { xr } = stage.renderer;
    this.session = session;
    // The timeout lets three.js, which listens to the same event, handle the end of the session
    // first.
    session.addEventListener("end", () => window.setTimeout(() => this.ended(), 0), { once: true });
    const onFloor = await session.requestReferenceSpace("local-floor").then(
      () => true,
      () => false, // without a floor, y = 0 is the height of the eyes
    );
    xr.enabled = true;
    xr.setReferenceSpaceType(onFloor ? "local-floor" : "local");
    xr.setFoveation(LEVELS[0]!.foveation);
    const gl = stage.renderer.getContext() as WebGL2RenderingContext;
    const scale = framebufferScale(location.search, rendererName(gl));
    xr.setFramebufferScaleFactor(scale);
    const query = new URLSearchParams(location.search);
    const adapts = query.get("quality") !== "full";
    let view: XrView;
    try {
      const bench = query.has("bench") ? await import("../xr-bench.js") : null;
      view = new XrView(this.parts, { mode, onFloor, bench, adapts, models: this.models });
      this.view = view;
      stage.present(view);
      const sources = bench && new bench.SourceLog(session);
      await xr.setSession(session);
      if (bench && sources)
        this.report = reporter(bench, session, view, sources, xr, gl, mode, scale);
    } catch (error) {
      await session.end(); // otherwise the headset would show nothing
      throw error;
    }
    xr.getReferenceSpace()?.addEventListener("reset", () => view.recentre());
    session.addEventListener("visibilitychange", () => {
      view.controls.interrupt();
      if (session.visibilityState === "visible") this.parts.commands.checkStream();
    });
    state.rules.chosen.value = 0; // a class tile would change the rule that the page has chosen
    if (this.session) state.xr.presenting.value = mode;
    // The answer is not awaited, because some headsets answer late or never.
    if (session.supportedFrameRates?.includes(WANTED_RATE))
      session.updateTargetFrameRate?.(WANTED_RATE)?.catch(() => {}); // old browsers return nothing
  }

  private ended(): void {
    const { stage, state } = this.parts;
    if (!this.session) return;
    this.session = null;
    if (this.report) state.xr.showReport(this.report());
    this.report = null;
    this.view?.dispose();
    this.view = null;
    stage.present(null);
    stage.renderer.xr.enabled = false;
    state.xr.presenting.value = null;
    state.xr.message.value = "";
    if (!this.leaving) this.reportEnd(this.lost !== null);
    this.leaving = false;
    this.lost?.();
    this.lost = null;
  }

  /**
   * Show why VR has ended. The message stays until the person closes it, because the person first
   * takes the headset off. The message always states the current number of gestures that are not
   * saved yet.
   */
  private reportEnd(lost: boolean): void {
    const { connection, xr } = this.parts.state;
    let shown = "";
    const stop = effect(() => {
      const words = endWords(connection.value.pending, lost);
      if (xr.message.value !== shown)
        queueMicrotask(() => stop()); // the message was closed or replaced
      else if (words !== shown) xr.message.value = shown = words;
    });
  }
}

/** Return a function that makes the report of `?bench`. */
function reporter(
  { BenchClock, benchFacts, benchText }: Bench,
  session: Session,
  view: XrView,
  sources: SourceLog,
  xr: WebXRManager,
  gl: WebGL2RenderingContext,
  mode: XrMode,
  scale: number,
): (() => string) | null {
  const { clock } = view;
  if (!(clock instanceof BenchClock)) return null;
  const facts = benchFacts(session, layerOf(xr), gl, mode, scale);
  // Read the frame rate now, because browsers do not report it after the end of the session.
  let rate = 0;
  const readRate = () => {
    rate = session.frameRate ?? 0;
    clock.setRate(rate);
  };
  readRate();
  session.addEventListener("frameratechange" as "end", readRate);
  return () => benchText(facts, sources, clock, { ...view.figures(), rate });
}

function refusal(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "The browser did not allow VR. Press Enter VR again and allow it when asked.";
    case "NotSupportedError":
      return (
        "No headset answered. Is the headset on and connected? " +
        "Open /check to see what this browser supports."
      );
    case "InvalidStateError":
      return "VR is already running, perhaps in another tab. Leave VR in that tab first.";
    default:
      return `VR did not start: ${messageOf(error)}`;
  }
}
