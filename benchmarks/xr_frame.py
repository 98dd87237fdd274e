"""Cost of a frame of the page in VR: draw calls for both eyes, and main-thread time.

    python benchmarks/xr_frame.py [--bursts 60] [--points 10000 100000]

An emulated headset shows moving points, a brush that selects inside a cluster, a cluster in the
hand, and points with a new keyframe in each frame. Times are processor time, which hardly depends
on other processes. In "keyframe" frames, the page shows a new keyframe. In "looked" frames, the
selection of the brush changes. In "plain" frames, neither happens. The time of the graphics card is
not measured: a software renderer replaces the card.
`tests/drivers/frame_costs.py` describes the method. The limits are checked by
`tests/e2e/test_headset_budget.py --slow`.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS)]
from drivers.chromium import find_chromium  # noqa: E402
from drivers.frame_costs import PHASES, enter, moving_points, prepare  # noqa: E402
from drivers.page import PageDriver  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
WANTED_MS = 2.0
WANTED_CALLS = 28
COLUMNS = {
    "points": "points",
    "draw_calls": "calls",
    "mean": "mean",
    "all_median": "median",
    "all_95": "95 %",
    "plain_median": "plain",
    "plain_95": "95 %",
    "keyframe_median": "keyframe",
    "keyframe_95": "95 %",
    "looked_median": "looked",
    "looked_95": "95 %",
    "wall_median": "wall",
    "wall_95": "95 %",
    "between": "arrival",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bursts", type=int, default=60)
    parser.add_argument("--points", type=int, nargs="+", default=[10_000, 100_000])
    options = parser.parse_args()
    print(
        f"wanted: at most {WANTED_CALLS} draw calls and {WANTED_MS} ms per frame; ms of processor "
        "time except for `wall`"
    )
    print("".join([f"{'':10}", *(f"{name:>9}" for name in COLUMNS.values())]))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        for points in options.points:
            measure(browser, points, options.bursts)
        browser.close()


def measure(browser: Browser, points: int, bursts: int) -> None:
    with moving_points(points) as url:
        page = browser.new_page()
        bench = enter(PageDriver(page, url, prepare=prepare, query="&quality=full"))
        for phase in PHASES:
            row = bench.measure(phase, bursts).row()
            print(
                f"{phase:10}" + "".join(f"{row.get(name, ''):>9}" for name in COLUMNS), flush=True
            )
        page.close()


if __name__ == "__main__":
    main()
