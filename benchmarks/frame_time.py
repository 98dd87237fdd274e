"""Main-thread time per frame of the page with 100,000 moving points, in headless Chromium.

    python benchmarks/frame_time.py [--items 100000] [--seconds 20]

The page receives 20 frames per second. The time includes everything in the frame loop (controls,
keyframes, uploads, draw calls), but not the work of the GPU. For comparison, the same run measures
how long the browser would take to interpolate the points on the CPU.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from measured_page import measured_page

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]
from drivers.moving_points import MovingPoints  # noqa: E402

WANTED_MS = 1.0

CPU_MORPH = """
() => {
  const { n, from: a, to: b } = lodespace.state.latent;
  const out = new Float32Array(3 * n), times = [];
  for (let run = 0; run < 25; run++) {
    const t = run / 25, began = performance.now();
    for (let i = 0; i < n; i++)
      for (let k = 0; k < 3; k++) out[3 * i + k] = a[4 * i + k] + t * (b[4 * i + k] - a[4 * i + k]);
    times.push(performance.now() - began);
  }
  return times.sort((x, y) => x - y)[12];
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    with (
        MovingPoints(options.items) as url,
        measured_page(url, 900, 600) as page,
    ):
        first = page.evaluate("[lodespace.stage.frames, lodespace.state.latent.revision]")
        page.wait_for_timeout(1000 * options.seconds)
        last = page.evaluate("[lodespace.stage.frames, lodespace.state.latent.revision]")
        times = np.sort(page.evaluate("Array.from(lodespace.stage.frameTimes)"))[::-1][
            : last[0] - first[0]
        ]
        draws = page.evaluate("lodespace.stage.renderer.info.render.calls")
        morph = page.evaluate(CPU_MORPH)
    print(
        f"{options.items} points, {last[0] - first[0]} frames drawn, {last[1] - first[1]} "
        f"position updates, {draws} draw call(s)"
    )
    print(
        f"main thread per frame: median {np.median(times):.2f} ms, 95 % "
        f"{np.quantile(times, 0.95):.2f} ms (wanted: under {WANTED_MS})"
    )
    print(
        f"interpolating on the CPU in the same browser would add {morph:.2f} ms per frame: "
        f"{morph / np.median(times):.1f} times the median above"
    )


if __name__ == "__main__":
    main()
