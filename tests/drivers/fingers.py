"""Phones: the size of the screen, and fingers on it."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Page

from drivers.page import PageDriver

Points = npt.NDArray[np.float64]

PHONE = {"has_touch": True, "is_mobile": True}
"""Options of a profile in which the page is touched; see `PagePool.take`."""


def phone(page: Page) -> None:
    """Give a page the size of a phone's screen."""
    page.set_viewport_size({"width": 390, "height": 844})


def move_fingers(page: Page, steps: Iterable[Points]) -> None:
    """Put fingers on a page, move them through `steps`, and lift them.

    Args:
        steps: Places of the fingers, each (fingers, 2), in CSS pixels.
    """
    session = page.context.new_cdp_session(page)
    kind = "touchStart"
    for step in steps:
        # A person puts one finger down after the other.
        for fingers in range(1, len(step) + 1) if kind == "touchStart" else [len(step)]:
            touched = [
                {"x": float(x), "y": float(y), "id": number}
                for number, (x, y) in enumerate(step[:fingers])
            ]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})
        kind = "touchMove"
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def tap_until(page: PageDriver, name: str, condition: Callable[[], Any]) -> None:
    """Tap the button `name` until `condition` holds.

    While the page is busy, Chromium ends a touch without a click, and a person taps again.
    """
    for _ in range(10):
        page.page.get_by_role("button", name=name).tap()
        started = time.monotonic()
        while time.monotonic() - started < 9:
            if condition():
                return
            page.page.wait_for_timeout(100)
    raise AssertionError(f"taps on {name!r} have no effect")


def outside(page: PageDriver, selector: str) -> list[str]:
    """Return the visible elements that lie partly outside of the screen."""
    return page.evaluate(
        f"""[...document.querySelectorAll('{selector}')].filter((element) => {{
          const box = element.getBoundingClientRect();
          return box.width
            && (box.left < 0 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5);
        }}).map((element) => element.className)"""
    )
