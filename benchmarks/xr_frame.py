"""What a frame in VR costs the page: draw calls for both eyes, and main-thread time, in an emulated headset with the brush held.

    python benchmarks/xr_frame.py [--frames 120]

10,000 and 100,000 moving points. The graphics card is not measured: a software renderer stands in for it, so frames come seldom.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "e2e")]
from find_chromium import find_chromium  # noqa: E402
from headset import Headset, install  # noqa: E402
from moving_points import MovingPoints  # noqa: E402
from page_driver import PageDriver  # noqa: E402

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking"]
WANTED_MS = 2.0
WANTED_CALLS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=120)
    options = parser.parse_args()
    print(f"wanted: at most {WANTED_CALLS} draw calls and {WANTED_MS} ms")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        for points in (10_000, 100_000):
            figures = measure(browser, points, options.frames)
            print(
                f"{points:>7,} points: {figures['drawCalls']} draw calls, "
                f"script {figures['scriptMs']:.2f} ms a frame (median), {figures['scriptMs95']:.2f} ms (95 %)"
            )
        browser.close()


def measure(browser: Browser, points: int, frames: int) -> dict[str, float]:
    with MovingPoints(points, rate=4) as url:
        page = browser.new_page(viewport={"width": 480, "height": 240})
        driver = PageDriver(page, url, prepare=install)
        driver.wait_for_scene()
        headset = Headset(driver)
        headset.enter()
        headset.put("left", (-0.3, 1.2, 0.2))
        headset.hold("right")
        headset.frames(10)
        headset.script("view.clock.reset();")
        driver.wait(lambda: headset.value("view.clock.frames") >= frames, 600)
        figures = headset.value("view.figures()")
        page.close()
        return figures


if __name__ == "__main__":
    main()
