"""Driver of the page, which uses mouse and keys as a person does.

The driver reads the state of the page from `window.lodespace`, which exists only if the address
contains ?test.
"""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import ConsoleMessage, Page, Request

from drivers.frame_pace import DEFAULT_PACE, SLOW_PACE, set_pace

_RESTS = """(async (wanted, quiet, frames) => {
  const { latent, connection, training, predictionsVersion } = lodespace.state;
  const line = () => {
    const still = connection.value.status === 'open' && connection.value.pending === 0
      && training.value.state === wanted && latent.received === latent.revision && !latent.moving;
    if (!still) return null;
    const clip = lodespace.stage.clipFromLatent();
    return [latent.version, latent.revision, predictionsVersion.value, ...clip].join();
  };
  const newest = async () => {
    const answer = await fetch('/api/session').catch(() => null);
    if (!answer?.ok) return false;
    const { training: { state }, scene_id, revision } = await answer.json();
    return state === wanted && latent.sceneId === scene_id && latent.revision === revision;
  };
  const seen = line();
  if (seen === null || !(await newest())) return false;
  const pace = window.testPace?.(20);
  const begin = performance.now();
  for (let k = 0; k < frames || performance.now() < begin + quiet; k++) {
    // The camera follows the points in the next frame. Otherwise it waits for up to 0.9 s.
    lodespace.stage.followed = -Infinity;
    await new Promise((done) => requestAnimationFrame(done));
    if (line() !== seen) break;
  }
  window.testPace?.(pace);
  return line() === seen && (await newest());
})('%s', %d, %d)"""
"""Script that returns whether the page is at rest: for some time and frames, it has the newest data
of the server, training is in the wanted state, and neither points nor camera move."""
QUIET_MILLISECONDS, QUIET_FRAMES = 200, 5
_BYTES = """(() => {
  const values = %s.from(%s);
  const bytes = new Uint8Array(values.buffer);
  let text = '';
  for (let k = 0; k < bytes.length; k += 8192)
    text += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return btoa(text);
})()"""


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
        self.pace = DEFAULT_PACE
        self.listen()
        if prepare:
            prepare(page)
        page.goto(f"{url}?test{query}")

    def listen(self) -> None:
        """Collect the messages and requests of the page, from now on."""
        self.messages.clear()
        self.foreign.clear()
        self.page.on("console", self._console)
        self.page.on("pageerror", self._error)
        self.page.on("request", self._request)

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

    def set_pace(self, milliseconds: int) -> None:
        """Set the shortest time between two frames while the page does not wait for long."""
        self.pace = milliseconds
        set_pace(self.page, milliseconds)

    @contextmanager
    def paced(self, milliseconds: int) -> Iterator[None]:
        """Set another shortest time between two frames during the `with` block."""
        set_pace(self.page, milliseconds)
        yield
        set_pace(self.page, self.pace)

    def wait(
        self,
        condition: Callable[[], Any],
        seconds: float = 90,
        message: str = "the condition did not become true in time",
    ) -> None:
        start = time.monotonic()
        pause, slow = 20.0, False
        while not condition():
            waited = time.monotonic() - start
            assert waited < seconds, message
            # Questions and frames during a long wait would take a tenth of the processor.
            pause = min(1.3 * pause, 200)
            if waited > 1 and not slow:
                slow = True
                set_pace(self.page, 200)
            self.page.wait_for_timeout(pause)
        if slow:
            set_pace(self.page, self.pace)

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

        Three conditions must hold for some time: the page shows the newest data of the server,
        training is in `state` and has nothing left to learn, and neither the points nor the camera
        move. After this wait, a test can point at an item, because the item stays at its place.
        """
        end = time.monotonic() + seconds
        now = f"(s => s.training.value.state === '{state}' && !s.latent.moving)(lodespace.state)"
        rests = _RESTS % (state, QUIET_MILLISECONDS, QUIET_FRAMES)
        pause = 20.0
        # During training, frames would take more processor time than the training itself.
        with self.paced(SLOW_PACE):
            while not (self.evaluate(now) and self.evaluate(rests)):
                assert time.monotonic() < end, "the page never came to rest"
                self.page.wait_for_timeout(pause)
                pause = min(1.3 * pause, 250)

    @contextmanager
    def all_drawn(self) -> Iterator[None]:
        """Draw all points during the `with` block, beginning with a new frame."""
        self.evaluate("window.testDrawsAll = true")
        self.next_frame()
        yield
        self.evaluate("window.testDrawsAll = false")

    def next_frame(self) -> None:
        """Draw a frame of the page, and wait for it."""
        frames = self.evaluate("lodespace.stage.frames")
        self.evaluate("lodespace.stage.invalidate()")
        self.wait(lambda: self.evaluate("lodespace.stage.frames") > frames)

    def picture(self, path: Path) -> None:
        """Save a picture of the page with all points."""
        with self.all_drawn():
            self.page.screenshot(path=path)

    def state(self, name: str) -> Any:
        return self.evaluate(f"lodespace.state.{name}.value")

    @property
    def gestures(self) -> list[dict[str, Any]]:
        """Gestures that are not undone, oldest first."""
        return [gesture for gesture in self.state("history")["gestures"] if not gesture["undone"]]

    def array(self, expression: str, kind: str) -> npt.NDArray[Any]:
        """Return the numbers of an array of the page.

        Numbers in JSON would take ten times the processor time.

        Args:
            expression: Script of the array, a typed array or another one.
            kind: Name of a NumPy type that JavaScript also has: uint8, int16, uint32, float64.
        """
        name = f"{kind[0].upper()}{kind[1:]}Array"
        encoded = self.evaluate(_BYTES % (name, expression))
        return np.frombuffer(base64.b64decode(encoded), kind).copy()

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        return self.array("lodespace.state.annotations.labels", "int16")

    @property
    def selected(self) -> npt.NDArray[np.int64]:
        return self.array("lodespace.state.selection.value.items", "uint32").astype(np.int64)

    def positions(self) -> npt.NDArray[np.float64]:
        """Return the latent means (N, 3) of the newest keyframe."""
        script = """(({ latent }) => Float64Array.from(
            { length: latent.n * 3 }, (_, k) => latent.latentMean(Math.floor(k / 3), k % 3)
        ))(lodespace.state)"""
        return self.array(script, "float64").reshape(-1, 3)

    def on_screen(self) -> npt.NDArray[np.float64]:
        """Return the position of each item on the page (N, 2), in CSS pixels."""
        places = self.array("lodespace.screenPositions().flat()", "float64")
        return places.reshape(-1, 3)[:, :2]

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
        """Return a circle on the page that contains about `share` of `items`, as points (18, 2)."""
        where = self.on_screen()[items]
        middle = np.median(where, axis=0)
        radius = float(np.quantile(np.hypot(*(where - middle).T), share))
        angles = np.linspace(0, 2 * np.pi, 18)
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
