"""The panels in a low window, in which not everything has room."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from drivers.page import PageDriver
from drivers.review import wait_for_sheet

WINDOW = {"width": 1280, "height": 720}
QUALITY = {
    "classes": 10,
    "classes_labelled": 10,
    "labelled": 300,
    "verified": 300,
    "right": 0.993,
    "right_interval": [0.97, 1],
    "suspects": 0,
    "uncertain": 28,
}


@pytest.fixture
def low(still_page: PageDriver) -> PageDriver:
    still_page.page.set_viewport_size(WINDOW)
    still_page.label(3, range(300))
    still_page.wait(lambda: still_page.state("connection")["pending"] == 0)
    return still_page


def assume(page: PageDriver, **changes: Any) -> None:
    """Show estimates and predictions without training."""
    quality = json.dumps({**QUALITY, **changes})
    page.evaluate(
        f"""(({{ review, annotations, predictionsVersion }}) => {{
          annotations.predictions.forEach((_, k, all) => {{ all[k] = k % 10; }});
          predictionsVersion.value += 1;
          review.quality.value = {{ ...review.quality.value, ...{quality} }};
        }})(lodespace.state)"""
    )


def edges(page: PageDriver, selector: str) -> npt.NDArray[np.float64]:
    """Return top and bottom of the last element of `selector`, in CSS pixels."""
    box = page.page.locator(selector).last.bounding_box()
    assert box is not None
    return np.array([box["y"], box["y"] + box["height"]])


def test_all_classes_are_in_sight_at_the_end(low: PageDriver) -> None:
    assume(low)
    low.page.get_by_role("button", name="Accept the").wait_for()
    assert edges(low, ".class-row")[1] <= edges(low, ".classes")[1] + 1
    assert edges(low, ".end")[1] <= edges(low, ".side")[1]


def test_the_card_beside_a_sheet_covers_no_text(low: PageDriver) -> None:
    assume(low, right=0.9, right_interval=[0.8, 0.95])
    low.evaluate("lodespace.commands.openSheet('overview')")
    wait_for_sheet(low, "overview")
    low.page.locator(".cell-picture").first.hover()
    low.page.locator(".hover-card").wait_for()
    assert edges(low, ".hint.on-sheet.mouse-only")[1] <= edges(low, ".hover-card")[0]
    assert edges(low, ".class-row")[1] <= edges(low, ".classes")[1] + 1
