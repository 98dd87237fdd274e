"""A page in headless Chromium, loaded and at rest, for measurements."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]
from drivers.chromium import FLAGS, find_chromium  # noqa: E402

LOADED = "window.lodespace?.state.latent.n > 0 && lodespace.stage.frames > 0"
REST_MS = 3000
"""Time from the first items to the measurement: the panels and pictures are loaded then."""


@contextlib.contextmanager
def measured_page(url: str, width: int, height: int) -> Iterator[Page]:
    """Open the page at `url` in a window of this size (CSS pixels), and wait until it has loaded.

    Chromium draws in software, with the options of the browser tests.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(url + "?test")
        # wait_for_function would evaluate a text in the page, which the page's policy forbids.
        while not page.evaluate(LOADED):
            page.wait_for_timeout(100)
        page.wait_for_timeout(REST_MS)
        yield page
        browser.close()
