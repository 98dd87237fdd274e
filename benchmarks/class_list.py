"""Frames per second while the list of 1,000 classes scrolls, in headless Chromium.

    python benchmarks/class_list.py [--classes 1000] [--seconds 10]

The list scrolls by one row per frame, through all classes and back. A frame is late if it begins
more than 1.5 frame times after the previous one. The cloud rests, and is not drawn.

The page controls the time of its main thread: scripts (event handlers, rendered rows), styles and
layout, and all tasks together, which also contain paint. This is processor time of the thread, so
other processes do not count. The frames per second also depend on the software renderer of Chromium
and on other processes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from measured_page import measured_page

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]
from drivers.servers import ServerProcess  # noqa: E402

FRAME_MS = 1000 / 60
ROWS_PER_FRAME = 1
SCROLL = """(milliseconds) => new Promise((done) => {
  const list = document.querySelector(".classes");
  const row = list.querySelector("[data-row]").offsetHeight;
  const gaps = [];
  let rows = 0, by = %d * row, start = 0, last = 0;
  const frame = (now) => {
    start ||= now;
    if (last) gaps.push(now - last);
    last = now;
    list.scrollTop += by;
    if (list.scrollTop <= 0 || list.scrollTop >= list.scrollHeight - list.clientHeight) by = -by;
    rows = Math.max(rows, list.querySelectorAll(".class-row").length);
    if (now - start < milliseconds) requestAnimationFrame(frame);
    else done({ gaps, rows, height: list.scrollHeight, row });
  };
  requestAnimationFrame(frame);
})"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "vectors.npz"
        random = np.random.default_rng(0)
        n = 4 * options.classes
        names = [f"class number {k}" for k in range(options.classes)]
        np.savez(
            data,
            X=random.normal(size=(n, 8)).astype(np.float32),
            y=np.arange(n) % options.classes,
            class_names=np.array(names),
        )
        server = ServerProcess(str(data), "--project", f"{folder}/project", "--no-training")
        server.start()
        server.wait_until_ready()
        try:
            measure(server.url, options.seconds)
        finally:
            server.stop()


def measure(url: str, seconds: float) -> None:
    """Scroll the list of the page at `url` for some seconds, and print the frames."""
    with measured_page(url, 1280, 720) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def spent() -> dict[str, float]:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return {m["name"]: 1000 * m["value"] for m in metrics}

        before = spent()
        found = page.evaluate(SCROLL % ROWS_PER_FRAME, 1000 * seconds)
        after = spent()
    frames = len(found["gaps"])
    script, style, layout, tasks = (
        (after[name] - before[name]) / frames
        for name in ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration", "TaskDuration")
    )
    gaps = np.array(found["gaps"])
    late = np.mean(gaps > 1.5 * FRAME_MS)
    print(f"list of {found['height'] / found['row']:.0f} rows, at most {found['rows']} rendered")
    print(f"{1000 / gaps.mean():.1f} frames per second, {100 * late:.1f} % of the frames late")
    print(
        f"main thread per frame: {script:.2f} ms scripts, {style + layout:.2f} ms styles and "
        f"layout, {tasks:.2f} ms all tasks (a frame has {FRAME_MS:.1f} ms)"
    )


if __name__ == "__main__":
    main()
