/** Start and end of VR, with a fake session. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { XrEntry } from "../../../../src/interaction/xr/session/enter.js";
import { fakeParts, stubCanvas } from "../view-fixtures.js";

class FakeSession extends EventTarget {
  visibilityState = "visible";
  supportedFrameRates = Float32Array.of(72, 90);
  readonly rates: number[] = [];

  /** Never resolves, as with some headsets. */
  updateTargetFrameRate(rate: number): Promise<void> {
    this.rates.push(rate);
    return new Promise(() => {});
  }
  async requestReferenceSpace(): Promise<object> {
    return {};
  }
  async end(): Promise<void> {
    this.dispatchEvent(new Event("end"));
  }
}

let session: FakeSession;
let page: ReturnType<typeof fakeParts>;
let entry: XrEntry;

beforeEach(() => {
  stubCanvas();
  session = new FakeSession();
  vi.stubGlobal("navigator", { xr: { requestSession: async () => session } });
  vi.stubGlobal("location", { search: "" });
  vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout, clearTimeout }));
  page = fakeParts([[0, 0, 0]]);
  entry = new XrEntry(page.parts);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("VR", () => {
  it("is shown at once, even if the headset never answers about its frame rate", async () => {
    await Promise.race([
      entry.enter("immersive-vr"),
      new Promise((_, reject) =>
        setTimeout(() => reject(new Error("`enter` waits for the frame rate")), 1000),
      ),
    ]);
    expect(page.state.xr.presenting.value).toBe("immersive-vr");
    expect(session.rates).toEqual([72]);
  });
  it("begins without a chosen rule, which the first class would change", async () => {
    page.state.rules.chosen.value = 3;
    await entry.enter("immersive-vr");
    expect(page.state.rules.chosen.value).toBe(0);
  });
  it("shows the reason for hand tracking while the headset asks, and not later", async () => {
    let allow = (_: FakeSession) => {};
    const asked = new Promise<FakeSession>((resolve) => {
      allow = resolve;
    });
    vi.stubGlobal("navigator", { xr: { requestSession: () => asked } });
    const entered = entry.enter("immersive-vr");
    expect(page.state.xr.message.value).toContain("see your hands");
    allow(session);
    await entered;
    expect(page.state.xr.message.value).toBe("");
  });
  it("begins in an old browser, whose change of the frame rate returns nothing", async () => {
    Object.assign(session, { updateTargetFrameRate: () => undefined });
    await entry.enter("immersive-vr");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(page.state.xr.presenting.value).toBe("immersive-vr");
    expect(page.state.xr.message.value).toBe("");
  });
  it("begins in an old browser without frame rates, a floor and a reset event", async () => {
    Object.assign(session, {
      supportedFrameRates: undefined,
      updateTargetFrameRate: undefined,
      visibilityState: undefined,
      requestReferenceSpace: async () => Promise.reject(new Error("not supported")),
    });
    Object.assign(page.manager, { getReferenceSpace: () => null });
    await entry.enter("immersive-vr");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(page.state.xr.presenting.value).toBe("immersive-vr");
    expect(page.state.xr.message.value).toBe("");
  });
  it.each(["visible", "visible-blurred", "hidden"])(
    "ends gestures when the session becomes %s",
    async (state) => {
      await entry.enter("immersive-vr");
      const interrupt = vi.spyOn(entry.view!.controls, "interrupt");
      session.visibilityState = state;
      session.dispatchEvent(new Event("visibilitychange"));
      expect(interrupt).toHaveBeenCalledTimes(1);
    },
  );
  it("ends gestures and places the cloud again when the person recentres the view", async () => {
    await entry.enter("immersive-vr");
    const view = entry.view!;
    const interrupt = vi.spyOn(view.controls, "interrupt");
    view.placement.placed = true;
    page.manager.getReferenceSpace().dispatchEvent(new Event("reset"));
    expect(interrupt).toHaveBeenCalledTimes(1);
    expect(view.placement.placed).toBe(false);
  });
  it.each([
    [0, /All labels are saved/],
    [1, /1 action is not saved yet: keep this page open/],
    [3, /3 actions are not saved yet: keep this page open/],
  ])("ended by the headset reports unsaved gestures: %i pending", async (pending, words) => {
    await entry.enter("immersive-vr");
    page.state.connection.value = { ...page.state.connection.value, pending };
    await session.end();
    await vi.waitFor(() => expect(page.state.xr.presenting.value).toBeNull());
    expect(page.state.xr.message.value).toMatch(words);
    if (pending) expect(page.state.xr.message.value).not.toMatch(/labels are saved/);
  });
  it.each([true, false])("ends when its view is lost; the session answers: %s", async (answers) => {
    if (!answers) session.end = () => new Promise(() => {});
    await entry.enter("immersive-vr");
    await entry.lose();
    expect(page.state.xr.presenting.value).toBeNull();
    expect(page.state.xr.message.value).toMatch(/the graphics processor lost the view. All labels/);
    await entry.lose(); // without VR, there is nothing to wait for
    session.end = FakeSession.prototype.end;
    await entry.enter("immersive-vr");
    expect(page.state.xr.presenting.value).toBe("immersive-vr");
  });
  it("leaves the message about its end until it is closed, and updates it", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("window", Object.assign(new EventTarget(), { setTimeout, clearTimeout }));
    const { connection, xr } = page.state;
    await entry.enter("immersive-vr");
    connection.value = { ...connection.value, pending: 2 };
    await session.end();
    await vi.advanceTimersByTimeAsync(10);
    expect(xr.message.value).toMatch(/2 actions are not saved yet/);
    await vi.advanceTimersByTimeAsync(3_600_000);
    connection.value = { ...connection.value, pending: 0 };
    expect(xr.message.value).toMatch(/VR has ended. All labels are saved/);
    xr.clearMessage();
    await vi.advanceTimersByTimeAsync(10);
    connection.value = { ...connection.value, pending: 1 };
    expect(xr.message.value).toBe("");
    vi.useRealTimers();
  });
  it("sets the scale factor of the address before the session", async () => {
    vi.stubGlobal("location", { search: "?scale=1.5" });
    const { setFramebufferScaleFactor } = page.manager;
    const setSession = vi.spyOn(page.manager, "setSession");
    await entry.enter("immersive-vr");
    expect(setFramebufferScaleFactor).toHaveBeenCalledWith(1.5);
    expect(setFramebufferScaleFactor.mock.invocationCallOrder[0]).toBeLessThan(
      setSession.mock.invocationCallOrder[0]!,
    );
  });
  it("shows its report after the session, with bench in the address only", async () => {
    await entry.enter("immersive-vr");
    await session.end();
    await vi.waitFor(() => expect(page.state.xr.presenting.value).toBeNull());
    expect(page.state.xr.reportOpen.value).toBe(false);
    vi.stubGlobal("location", { search: "?bench" });
    await entry.enter("immersive-vr");
    expect(page.state.xr.reportOpen.value).toBe(false);
    const { drawing } = entry.view as unknown as { drawing: { quality: object } };
    vi.spyOn(drawing.quality as { index: number }, "index", "get").mockReturnValue(3);
    await session.end();
    await vi.waitFor(() => expect(page.state.xr.reportOpen.value).toBe(true));
    expect(page.state.xr.report.value).toContain("quality level: 3 of");
    expect(page.state.xr.report.value).toMatch(/late frames \(over 1.5 periods\): 0/);
  });
});
