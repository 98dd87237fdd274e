"""The processor time that frames in VR take on the main thread of the page.

Processor time excludes the time in which other processes run. `console.timeStamp` marks the start
and the end of a frame's script, and Chromium's trace reports the clock of the thread at each mark
(`tts`). A single call of `evaluate` draws all frames, so that the test sends the page no other
requests during the measurement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page

from drivers.frame_pace import DEFAULT_PACE, draw_little
from drivers.headset import Headset, install
from drivers.moving_points import MovingPoints
from drivers.page import PageDriver

Phase = Literal["moving", "painting", "held", "keyframes"]
PHASES: tuple[Phase, ...] = ("moving", "painting", "held", "keyframes")
"""Activities during the frames. `keyframes`: each frame shows a new keyframe."""
VIEW = {"width": 480, "height": 240}
RATE = 8
"""Keyframes per second. At this rate, each burst (BURST) shows a new keyframe."""
RADIUS = 0.05
BURST = 4
"""Frames per burst. A headset draws 72 frames per second, and the server sends 20 keyframes per
second. So about every fourth frame shows a new keyframe, or a new selection of the brush."""
WARM_UP = 6
"""Number of bursts (BURST) before each measurement.

During these bursts, the JavaScript compiler compiles the code that draws a frame. A headset draws
this number of bursts in a third of a second.
"""

# Motion of the hand from one burst to the next: around the same place, or outwards, where the brush
# always finds new items.
_AROUND = "k => [0.08 * Math.sin(k), 0.05 * Math.sin(1.4 * k), 0]"
_OUTWARDS = "k => [0.006 * k * Math.sin(k), 0.006 * k * Math.cos(k), 0]"

# The emulator draws few frames per second. Between two frames, other processes use the processor
# and its caches. Each frame of the emulator is therefore drawn several times, 1/72 s apart as in a
# headset. The first drawing of a burst is not counted. It repeats the previous moment, so that it
# has nothing new to show, and it leaves the caches as the previous frame of a headset would. A
# burst begins when a keyframe is due.
_MEASURE = """() => new Promise((resolve) => {
  const { state } = lodespace;
  const { view } = lodespace.xr.entry;
  const { draw } = Object.getPrototypeOf(view);
  const { begin } = Object.getPrototypeOf(view.clock);
  const { position } = emulated.controllers.right;
  const { x, y, z } = position;
  const path = %s;
  const bursts = %d;
  const skipped = %d;
  const length = %d;
  const keyframes = %s;
  const { latent } = state;
  const shifted = [latent.to.slice(), latent.to.map((grid, k) => (k %% 4 < 3 ? grid ^ 64 : grid))];
  const gap = 1000 / 72;
  const seen = [];
  const look = () => seen.push([
    state.latent.version, state.latent.received,
    state.selection.peek().items.length, view.clock.drawCalls,
  ]);
  let burst = 0;
  let last = performance.now();
  view.clock.begin = () => begin.call(view.clock, performance.now());
  view.draw = function (now, frame) {
    const drawn = view.clock.count;
    draw.call(view, last, frame);
    view.clock.count = drawn;
    const { frozen, received, revision, started, duration } = state.latent;
    if (!frozen && (received === revision || now < started + duration)) return;
    const counted = burst >= skipped;
    if (counted && seen.length === 0) {
      view.clock.reset();
      look();
    }
    for (let k = 1; k <= length; k++) {
      last = Math.max(last + gap, now - (length - k) * gap);
      if (keyframes) latent.goTo(shifted[k %% 2], last, gap);
      if (counted) console.timeStamp('begin');
      draw.call(view, last, frame);
      if (!counted) continue;
      console.timeStamp('end');
      look();
    }
    burst += 1;
    const [right, up, back] = path(burst);
    position.set(x + right, y + up, z + back);
    if (burst < skipped + bursts) return;
    delete view.draw;
    delete view.clock.begin;
    position.set(x, y, z);
    resolve({ seen, figures: view.figures() });
  };
})"""


class FrameCosts:
    """Costs of bursts of frames.

    Attributes:
        script: Processor time of the script of each frame, in ms.
        keyframe: Whether a frame showed a new keyframe.
        looked: Whether the brush found new items in a frame.
        plain: Whether a frame had neither a new keyframe nor new items.
        between: Processor time of the page's thread outside of frames, in ms per received keyframe.
            The thread inflates and parses the keyframe and its predictions, and does other work of
            the browser.
        wall: Median and 95 % quantile of the time per frame that the page measures, in ms.
    """

    def __init__(
        self, events: list[dict[str, Any]], seen: npt.NDArray[np.int64], figures: dict[str, float]
    ) -> None:
        stamps = sorted((e for e in events if e["name"] == "TimeStamp"), key=lambda e: e["ts"])
        begin, end = (
            np.array([e["tts"] for e in stamps if e["args"]["data"]["message"] == message])
            for message in ("begin", "end")
        )
        self.script = (end - begin) / 1000
        version, received, self.selected, calls = seen.T
        assert len(self.script) == len(seen) - 1, "the trace misses frames"
        self.keyframe = np.diff(version) > 0
        self.looked = np.diff(self.selected) != 0
        self.plain = ~(self.keyframe | self.looked)
        self.received = int(received[-1] - received[0])
        self.between = _outside_frames(events, stamps) / max(1, self.received)
        self.draw_calls = int(calls[1:].max())
        self.points = int(figures["points"])
        self.wall = (figures["scriptMs"], figures["scriptMs95"])

    def row(self) -> dict[str, float]:
        """Return all figures, rounded, for a report."""
        row: dict[str, float] = {
            "points": self.points,
            "draw_calls": self.draw_calls,
            "frames": len(self.script),
        }
        row["mean"] = round(float(self.script.mean()), 2)
        for name in ("all", "plain", "keyframe", "looked"):
            script = self.script if name == "all" else self.script[getattr(self, name)]
            if len(script):
                row[f"{name}_median"] = round(float(np.median(script)), 2)
                row[f"{name}_95"] = round(float(np.quantile(script, 0.95)), 2)
        row |= {"wall_median": round(self.wall[0], 2), "wall_95": round(self.wall[1], 2)}
        row |= {"keyframes": int(self.keyframe.sum()), "between": round(self.between, 2)}
        return row | {"selected": int(self.selected[-1])}


def _outside_frames(events: list[dict[str, Any]], stamps: list[dict[str, Any]]) -> float:
    """Return the processor time of the thread's tasks between the first and the last frame, in ms.

    Tasks that draw a frame of the browser do not count.
    """
    thread = stamps[0]["pid"], stamps[0]["tid"]
    first, last = stamps[0]["ts"], stamps[-1]["ts"]
    own = [
        e
        for e in events
        if (e["pid"], e.get("tid")) == thread and e["ph"] == "X" and first <= e["ts"] <= last
    ]
    # A frame of the browser contains the frame of the VR session, the work of the emulator, and the
    # drawing of the page, which a headset does not show.
    drawn = np.array(
        sorted(e["ts"] for e in own if e["name"] in ("FireAnimationFrame", "PrePaint", "Commit"))
    )
    total = 0.0
    for task in own:
        if task["name"] != "RunTask":
            continue
        k = np.searchsorted(drawn, task["ts"])
        if k == len(drawn) or drawn[k] >= task["ts"] + task["dur"]:
            total += task.get("tdur", 0) / 1000
    return total


class FrameBench:
    """An emulated headset in front of moving points, with the brush in the middle of a cluster."""

    def __init__(self, headset: Headset) -> None:
        self.headset = headset
        self.driver = headset.driver
        headset.script(f"lodespace.state.xr.setRadius({RADIUS});")
        headset.put("left", (-0.3, 1.2, 0.2))
        headset.wait(
            lambda: headset.value("view.drawn.right?.children.length === 1"),
            "no controller is drawn",
        )
        self._to_cluster()

    def measure(self, phase: Phase, bursts: int) -> FrameCosts:
        """Measure `phase` for `bursts` bursts of BURST frames. Then release the buttons, and clear
        the selection."""
        headset = self.headset
        self._to_cluster()
        if phase == "painting":
            headset.hold("right")
        if phase == "held":
            headset.click("right", "trigger")
            headset.hold("right", "squeeze")
            assert headset.value("view.controls.holding"), "there were no items to hold"
        path = _OUTWARDS if phase == "painting" else _AROUND
        costs = self._frames(bursts, path, keyframes=phase == "keyframes")
        if phase in ("painting", "held"):
            headset.let_go("right", "trigger" if phase == "painting" else "squeeze")
        self.driver.evaluate("lodespace.commands.clearSelection()")
        return costs

    def _to_cluster(self) -> None:
        """Move the brush to the middle of the items of group 0."""
        items = np.arange(0, self.driver.evaluate("lodespace.state.latent.n"), 10)[:500]
        self.headset.brush_to("right", np.median(self.headset.in_room(items), axis=0))

    def _frames(self, bursts: int, path: str, *, keyframes: bool) -> FrameCosts:
        page = self.driver.page
        with _traced(page) as events:
            each = "true" if keyframes else "false"
            told = page.evaluate(_MEASURE % (path, bursts, WARM_UP, BURST, each))
        return FrameCosts(events, np.array(told["seen"]), told["figures"])


@contextmanager
def _traced(page: Page) -> Iterator[list[dict[str, Any]]]:
    """Trace the page during the `with` block. After the block, the yielded list has the events."""
    events: list[dict[str, Any]] = []
    over: list[object] = []
    session = page.context.new_cdp_session(page)
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda told: over.append(told))
    categories = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
    session.send(
        "Tracing.start",
        {
            "transferMode": "ReportEvents",
            "traceConfig": {"includedCategories": categories, "excludedCategories": ["*"]},
        },
    )
    yield events
    session.send("Tracing.end")
    while not over:
        page.wait_for_timeout(20)
    session.detach()


def prepare(page: Page) -> None:
    """Prepare `page` for an emulated headset, before the page is opened."""
    draw_little(page)
    install(page)
    page.set_viewport_size(VIEW)


def moving_points(points: int) -> MovingPoints:
    return MovingPoints(points, rate=RATE, predicted=True)


def enter(driver: PageDriver) -> FrameBench:
    """Enter VR and return the bench. `prepare` must have been called before the page opened."""
    driver.wait_for_scene()
    headset = Headset(driver)
    headset.enter()
    driver.set_pace(DEFAULT_PACE)
    return FrameBench(headset)
