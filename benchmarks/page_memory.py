"""Memory and script time of the page with many pictures, in headless Chromium.

    python benchmarks/page_memory.py [--items 200000] [--seconds 10] [--keep FOLDER]

The items are the bundled digits, repeated with shifts and noise, at random places, numbered along
a curve that keeps neighbours together, as an import numbers them. A server without a trainer serves
them. The page draws three vertices per draw call, because a software renderer takes seconds to draw
a million points, and its time differs from that of a graphics card. All uploads stay the same. The
rows:

- overview: the camera turns around the whole cloud
- near: the camera is inside the cloud and moves through it, so that other pictures are needed
- hover, lasso: one search each. A lasso includes what the page shows about the selection

"renderer" is the resident memory of the page's process, "GPU process" that of the process that
holds textures and buffers, which on a computer with a graphics card are in the memory of the card.
"""

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Page, sync_playwright

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.chromium import find_chromium  # noqa: E402
from drivers.frame_pace import draw_little  # noqa: E402
from drivers.servers import ServerProcess  # noqa: E402
from lodespace.items.item_set import load_digits  # noqa: E402
from lodespace.models.checkpoints import checkpoint  # noqa: E402
from lodespace.project.opening import open_project  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
WANTED_MB = 600
WANTED_FIRST_SECONDS = 3
WANTED_FRAME_MS = 4

TURN = """(seconds) => new Promise((done) => {
  const { stage } = lodespace, began = performance.now();
  stage.controls.autoRotate = true;
  stage.controls.autoRotateSpeed = 30;
  const step = () => {
    stage.invalidate();
    if (performance.now() - began < 1000 * seconds) return requestAnimationFrame(step);
    stage.controls.autoRotate = false;
    done();
  };
  step();
})"""
"""Script that turns the camera for a number of seconds."""

SEARCH = """([what, times]) => {
  const { tool, state, canvas } = lodespace;
  const { clientWidth: w, clientHeight: h } = canvas;
  const sample = (x, y) =>
    ({ x: x * w, y: y * h, add: false, subtract: false, clientX: 0, clientY: 0 });
  for (let k = 0; k < times; k++) {
    if (what === 'hover') { tool.itemAt((0.3 + 0.02 * k) * w, 0.5 * h); continue; }
    state.selectionMode.value = what;
    tool.down(sample(0.3, 0.3));
    for (const [x, y] of [[0.6, 0.3], [0.7, 0.5], [0.6, 0.7], [0.3, 0.7]])
      tool.path.push(x * w, y * h);
    tool.up(sample(0.3, 0.3));
  }
  return state.selection.value.items.length;
}"""
"""Script that searches a number of times, as a person does, and returns the number of selected
items."""

NEAR = """([x, y, z]) => {
  const { stage } = lodespace;
  stage.placeCamera({ azimuth: 30, elevation: 20, distance: 0.06, target: [x, y, z], zoom: null });
}"""
"""Script that places the camera near a point of the scene."""


def prepare_project(folder: Path, n: int) -> None:
    """Make a project in `folder` with `n` pictures and a checkpoint with their places."""
    random = np.random.default_rng(0)
    digits = load_digits().data
    data = folder.with_suffix(".npy")
    pictures = np.lib.format.open_memmap(data, "w+", np.uint8, (n, 28, 28))
    for first in range(0, n, len(digits)):
        rows = slice(first, min(first + len(digits), n))
        moved = np.roll(digits, random.integers(-2, 3, 2), axis=(1, 2))[: rows.stop - first]
        pictures[rows] = moved
    del pictures
    centres = random.normal(0, 1, (40, 3))
    mean = centres[random.integers(0, 40, n)] + random.normal(0, 0.3, (n, 3))
    cells = ((mean - mean.min(0)) / np.ptp(mean, axis=0) * 63).astype(np.int64)
    order = np.lexsort(_interleaved(cells))
    project = open_project(data, project_folder=folder, labels="none")
    tensors = {
        "latent_mean": mean[order].astype(np.float32),
        "prediction": (np.arange(n) % 10).astype(np.int16),
        "confidence": np.full(n, 0.8, np.float32),
    }
    checkpoint.write(project.checkpoints, tensors, {"step": 1})
    project.close()


def _interleaved(cells: np.ndarray) -> list[np.ndarray]:
    """Interleave the bits of the coordinates of each cell (N, 3), as in a Morton code (Z curve)."""
    return [(cells[:, axis] >> bit) & 1 for bit in range(6) for axis in range(3)]


class Memory:
    """Largest resident memory of the processes of the browser, by kind of process, in MB."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.largest = {"renderer": 0.0, "gpu-process": 0.0}

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def now(self) -> dict[str, float]:
        used = dict.fromkeys(self.largest, 0.0)
        for kind, process in self._processes():
            with contextlib.suppress(psutil.Error):
                used[kind] = max(used[kind], process.memory_info().rss / 1e6)
        return used

    def processor_seconds(self) -> float:
        """Processor time that the largest renderer has used."""
        renderers = [process for kind, process in self._processes() if kind == "renderer"]
        times = max(renderers, key=lambda each: each.memory_info().rss).cpu_times()
        return times.user + times.system

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                for kind in self.largest:
                    if f"--type={kind}" in line:
                        yield kind, process

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            for kind, value in self.now().items():
                self.largest[kind] = max(self.largest[kind], value)


@contextlib.contextmanager
def browser_page() -> Iterator[Page]:
    """Open a page that draws little."""
    executable = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(executable), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        draw_little(page)
        yield page
        browser.close()


def wait_for(page: Page, condition: str, seconds: float = 120) -> None:
    """Wait until the script `condition` is true, or until `seconds` have passed."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition) and time.monotonic() < end:
        page.wait_for_timeout(30)


def measure(url: str, seconds: float) -> None:
    with browser_page() as page, Memory() as memory:
        began = time.perf_counter()
        page.goto(f"{url}?test")
        wait_for(page, "window.lodespace?.state.latent.n > 0 && lodespace.stage.frames > 0")
        first, processor = time.perf_counter() - began, memory.processor_seconds()
        wait_for(page, "lodespace.state.picturesVersion.value > 0", 10)
        pictures = time.perf_counter() - began
        print(
            f"first frame {first:.1f} s (wanted: {WANTED_FIRST_SECONDS}), of which the page's "
            f"process used {processor:.1f} s of processor time; first page of pictures "
            f"{pictures:.1f} s"
        )
        page.wait_for_timeout(2000)
        report(page, memory, "overview", seconds)
        n = page.evaluate("lodespace.state.latent.n")
        for k in range(3):
            place = page.evaluate(
                f"Array.from(lodespace.state.latent.to.slice({4 * (n * (2 * k + 1) // 6)}))"
                ".slice(0, 3).map((grid) => grid / 65535 - 0.5)"
            )
            page.evaluate(NEAR, place)
            report(page, memory, f"near {k + 1}", seconds)
        page.evaluate("lodespace.commands.fit()")
        page.wait_for_timeout(1500)
        for what, times in (("hover", 20), ("through", 5), ("visible", 5)):
            page.evaluate(SEARCH, [what, 3])
            before = memory.processor_seconds()
            items = page.evaluate(SEARCH, [what, times])
            took = 1000 * (memory.processor_seconds() - before) / times
            name = "hover" if what == "hover" else f"lasso ({what}) that selects {items} items"
            print(f"{name}: {took:.0f} ms of processor time")
        print(
            f"largest: renderer {memory.largest['renderer']:.0f} MB (wanted: {WANTED_MB}), GPU "
            f"process {memory.largest['gpu-process']:.0f} MB"
        )


def report(page: Page, memory: Memory, name: str, seconds: float) -> None:
    """Turn the camera, and print the row `name`."""
    before, processor = page.evaluate("lodespace.stage.frames"), memory.processor_seconds()
    page.evaluate(TURN, seconds)
    frames = page.evaluate("lodespace.stage.frames") - before
    processor = memory.processor_seconds() - processor
    ring = np.array(page.evaluate("Array.from(lodespace.stage.frameTimes)"))
    times = ring[np.arange(before, before + frames) % len(ring)]
    used = memory.now()
    print(
        f"{name:9} main thread per frame: median {np.median(times):.2f} ms, 95 % "
        f"{np.quantile(times, 0.95):.2f} ms (wanted: {WANTED_FRAME_MS}), {frames} frames, renderer "
        f"process {1000 * processor / frames:.1f} ms of processor time per frame; renderer "
        f"{used['renderer']:.0f} MB, GPU process {used['gpu-process']:.0f} MB, "
        f"{page.evaluate('lodespace.state.picturesVersion.value')} pages loaded",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--keep", type=Path, help="folder for the project, to measure it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lodespace-") as temporary:
        folder = (options.keep or Path(temporary)) / f"pictures-{options.items}"
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            prepare_project(folder, options.items)
        server = ServerProcess(
            str(folder.with_suffix(".npy")), "--project", str(folder), "--no-training"
        )
        server.start()
        server.wait_until_ready(300)
        try:
            print(f"{options.items} pictures, load average {psutil.getloadavg()[0]:.1f}")
            measure(server.url, options.seconds)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
