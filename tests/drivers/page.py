"""Driver of the page, which uses mouse and keys as a person does.

The driver reads the state of the page from `window.lodespace`, which exists only if the address
contains ?test.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import ConsoleMessage, Page, Request

QUIET_SECONDS = 0.4
"""Time without motion after which the page is at rest. It is longer than two frames of
`_few_frames`, because the camera follows the points in the frame after `_RESTS`."""

_RESTS = """(async () => {
  const answer = await fetch('/api/session').catch(() => null);
  if (!answer?.ok) return null;
  const server = await answer.json();
  const { latent, connection, training, predictionsVersion } = lodespace.state;
  const rests = connection.value.status === 'open' && connection.value.pending === 0
    && server.training.state === '%s' && training.value.state === server.training.state
    && latent.sceneId === server.scene_id
    && latent.received === server.revision && latent.revision === server.revision
    && !latent.moving;
  const clip = lodespace.stage.clipFromLatent();
  lodespace.stage.followed = -Infinity;
  return rests ? [latent.version, predictionsVersion.value, ...clip].join() : null;
})()"""
"""Script that returns a line that differs whenever points, predictions or the camera differ.

It also makes the camera follow the points in the next frame: otherwise it waits for up to 0.9 s.
The script returns null while the page waits for data or training is not in the wanted state.
"""

_LITTLE_IS_DRAWN = """(() => {
  const calls = WebGL2RenderingContext.prototype;
  const { drawArrays, drawElements, drawArraysInstanced, drawElementsInstanced } = calls;
  const few = (count, most) => (window.testDrawsAll ? count : Math.min(count, most));
  calls.drawArrays = function (mode, first, count) {
    drawArrays.call(this, mode, first, few(count, 3));
  };
  calls.drawElements = function (mode, count, type, offset) {
    drawElements.call(this, mode, few(count, 3), type, offset);
  };
  calls.drawArraysInstanced = function (mode, first, count, instances) {
    drawArraysInstanced.call(this, mode, first, few(count, 3), few(instances, 1));
  };
  calls.drawElementsInstanced = function (mode, count, type, offset, instances) {
    drawElementsInstanced.call(this, mode, few(count, 3), type, offset, few(instances, 1));
  };
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    return getContext.call(this, kind, { ...options, antialias: false });
  };
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { backdrop-filter: none !important }');
  document.adoptedStyleSheets = [sheet];
  const request = window.requestAnimationFrame.bind(window);
  const waiting = new Map();
  let requested = false;
  let id = 0;
  let last = 0;
  const next = () => {
    if (requested) return;
    requested = true;
    // The timer saves frames of the browser in which the page draws nothing.
    const left = (window.testFrameMilliseconds ?? 40) - (performance.now() - last);
    setTimeout(() => request(frame), Math.max(0, left));
  };
  const frame = (now) => {
    requested = false;
    last = now;
    for (const key of [...waiting.keys()]) {
      const callback = waiting.get(key);
      waiting.delete(key);
      try { callback?.(now); } catch (error) { reportError(error); }
    }
    if (waiting.size > 0) next();
  };
  window.requestAnimationFrame = (callback) => {
    waiting.set(++id, callback);
    next();
    return id;
  };
  window.cancelAnimationFrame = (key) => waiting.delete(key);
})()"""


def draw_little(page: Page) -> None:
    """Limit the drawing of a page to the first three vertices of each draw call.

    Call this function before the page is opened. The page also draws without antialiasing, without
    the blur behind the panels, and at most 25 frames per second. A software renderer takes a
    quarter of a second to draw 5,000 pictures, and most tests do not look at the drawn picture.
    Uploads and the number of draw calls do not change.
    """
    page.add_init_script(_LITTLE_IS_DRAWN)


class PageDriver:
    def __init__(
        self,
        page: Page,
        url: str,
        *,
        prepare: Callable[[Page], None] | None = None,
        query: str = "",
    ) -> None:
        """Open `url` in `page`.

        Args:
            prepare: Function that is called with the page before the address is opened.
            query: Text that follows ?test in the address.
        """
        self.page = page
        self.url = url
        self.messages: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)
        if prepare:
            prepare(page)
        page.goto(f"{url}?test{query}")

    def leave(self) -> None:
        """Stop listening to the page, so that another driver can use it."""
        self.page.remove_listener("console", self._console)
        self.page.remove_listener("pageerror", self._error)
        self.page.remove_listener("request", self._request)

    def _error(self, error: object) -> None:
        self.messages.append(f"error: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.messages.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        local = request.url.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:"))
        if not local:
            self.foreign.append(request.url)

    def complaints(self) -> list[str]:
        """Return the errors and warnings of the console, except those that a software renderer or a
        lost server causes."""
        known = (
            "GPU stall due to ReadPixels",
            "ERR_CONNECTION",
            "WebSocket connection to",
            "Failed to load resource",
        )
        return [m for m in self.messages if not any(k in m for k in known)]

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)

    def wait(
        self,
        condition: Callable[[], Any],
        seconds: float = 90,
        message: str = "the condition did not become true in time",
    ) -> None:
        start = time.monotonic()
        pause, few_frames = 20.0, False
        while not condition():
            waited = time.monotonic() - start
            assert waited < seconds, message
            # Questions and frames during a long wait would take a tenth of the processor.
            pause = min(1.3 * pause, 200)
            if waited > 1 and not few_frames:
                few_frames = True
                self._set_frame_milliseconds(200)
            self.page.wait_for_timeout(pause)
        if few_frames:
            self._set_frame_milliseconds(None)

    def wait_for_scene(self) -> None:
        self.wait(
            lambda: self.evaluate(
                "window.lodespace?.state.latent.n > 0 && lodespace.stage.frames > 0"
            ),
            60,
        )

    def wait_for_state(self, *states: str, seconds: float = 400) -> None:
        self.wait(
            lambda: self.state("training")["state"] in states,
            seconds,
            f"the trainer did not reach any of the states {states}",
        )

    def wait_for_rest(self, state: str = "resting", *, seconds: float = 400) -> None:
        """Wait until nothing on the page moves.

        Three conditions must hold for QUIET_SECONDS: the page shows the newest data of the server,
        training is in `state` and has nothing left to learn, and neither the points nor the camera
        move. After this wait, a test can point at an item, because the item stays at its place.
        """
        seen, since = None, time.monotonic()
        end = since + seconds
        with self._few_frames():
            while seen is None or time.monotonic() - since < QUIET_SECONDS:
                assert time.monotonic() < end, "the page never came to rest"
                now = self.evaluate(_RESTS % state)
                if now is None or now != seen:
                    since = time.monotonic()
                seen = now
                self.page.wait_for_timeout(150 if now else 250)

    @contextmanager
    def _few_frames(self) -> Iterator[None]:
        """Let the page draw at most seven frames per second in the `with` block, so that training
        gets more processor time. This has an effect only after `draw_little`."""
        self._set_frame_milliseconds(150)
        yield
        self._set_frame_milliseconds(None)

    def _set_frame_milliseconds(self, milliseconds: int | None) -> None:
        """Set the minimum time between two frames after `draw_little`.

        None sets the default, 40 ms.
        """
        self.evaluate(f"window.testFrameMilliseconds = {json.dumps(milliseconds)}")

    def picture(self, path: Path) -> None:
        """Save a picture of the page with all points, also after `draw_little`."""
        self.evaluate("window.testDrawsAll = true")
        frames = self.evaluate("lodespace.stage.frames")
        self.evaluate("lodespace.stage.invalidate()")
        self.wait(lambda: self.evaluate("lodespace.stage.frames") > frames)
        self.page.screenshot(path=path)
        self.evaluate("window.testDrawsAll = false")

    def state(self, name: str) -> Any:
        return self.evaluate(f"lodespace.state.{name}.value")

    @property
    def gestures(self) -> list[dict[str, Any]]:
        """Gestures that are not undone, oldest first."""
        return [gesture for gesture in self.state("history")["gestures"] if not gesture["undone"]]

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        return np.array(self.evaluate("Array.from(lodespace.state.annotations.labels)"), np.int16)

    @property
    def selected(self) -> npt.NDArray[np.int64]:
        return np.array(
            self.evaluate("Array.from(lodespace.state.selection.value.items)"), np.int64
        )

    def positions(self) -> npt.NDArray[np.float64]:
        """Return the latent means (N, 3) of the newest keyframe."""
        script = """(({ latent }) => Array.from(
            { length: latent.n * 3 }, (_, k) => latent.latentMean(Math.floor(k / 3), k % 3)
        ))(lodespace.state)"""
        return np.array(self.evaluate(script)).reshape(-1, 3)

    def on_screen(self) -> npt.NDArray[np.float64]:
        """Return the position of each item on the page (N, 2), in CSS pixels."""
        return np.array(self.evaluate("lodespace.screenPositions()"))[:, :2]

    def lasso(self, points: npt.NDArray[np.float64], *, held: str | None = None) -> None:
        """Draw a lasso along `points` (K, 2), in CSS pixels, while the key `held` is down."""
        mouse = self.page.mouse
        if held:
            self.page.keyboard.down(held)
        mouse.move(*points[0])
        mouse.down()
        for x, y in points[1:]:
            mouse.move(x, y)
        mouse.up()
        if held:
            self.page.keyboard.up(held)

    def circle(self, items: npt.NDArray[np.int64], share: float = 0.5) -> npt.NDArray[np.float64]:
        """Return a circle on the page that contains about `share` of `items`, as points (26, 2)."""
        where = self.on_screen()[items]
        middle = np.median(where, axis=0)
        radius = float(np.quantile(np.hypot(*(where - middle).T), share))
        angles = np.linspace(0, 2 * np.pi, 26)
        return middle + radius * np.c_[np.cos(angles), np.sin(angles)]

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def label(self, class_id: int, items: npt.ArrayLike) -> None:
        """Label `items` with a class by a call of the page's command, without mouse or keys."""
        chosen = sorted(np.asarray(items).tolist())
        self.evaluate(f"lodespace.commands.label({class_id}, Uint32Array.from({chosen}))")

    def undo_to(self, labels: npt.NDArray[np.int16]) -> None:
        """Undo the newest gesture. Wait until the page has `labels` and the server has answered."""
        self.press("Control+z")
        self.wait(lambda: np.array_equal(self.labels, labels))
        self.wait(lambda: self.state("connection")["pending"] == 0)
