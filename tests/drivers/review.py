"""Sheets on the page, and the class that an item of a sheet gets."""

from typing import Any

from drivers.page import PageDriver

CUES = ("uncertainty", "density", "diversity", "coverage")


def sheet(page: PageDriver) -> Any:
    return page.state("review.sheet")


def wait_for_sheet(page: PageDriver, kind: str) -> Any:
    page.wait(lambda: (sheet(page) or {"status": ""})["status"] == "open")
    assert sheet(page)["kind"] == kind
    return sheet(page)["items"]


def becomes(item: dict[str, Any]) -> int:
    """As state/review-state.ts has it."""
    stays = item["prediction"] < 0 or (
        item["class_id"] >= 0 and item["confidence"] <= 1 - item["doubt"]
    )
    return int(item["class_id"] if stays else item["prediction"])
