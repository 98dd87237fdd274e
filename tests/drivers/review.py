"""Helpers for tests of review: contact sheets on the page, and labels that the model doubts."""

import time
from typing import Any

import numpy as np

from drivers.page import PageDriver
from drivers.servers import ServerProcess
from samples.digits import TRUTH

CUES = ("uncertainty", "density", "diversity", "coverage")


def sheet(page: PageDriver) -> Any:
    return page.state("review.sheet")


def wait_for_sheet(page: PageDriver, kind: str) -> Any:
    page.wait(lambda: (sheet(page) or {"status": ""})["status"] == "open")
    assert sheet(page)["kind"] == kind
    return sheet(page)["items"]


def look_at(page: PageDriver) -> None:
    """Wait for the shortest time in which a person can look at the pictures of the open sheet."""
    page.page.wait_for_timeout(60 * len(sheet(page)["items"]))


def becomes(item: dict[str, Any]) -> int:
    """Return the class that an item gets when its contact sheet is confirmed."""
    return int(item["proposed"])


def label_impurely(server: ServerProcess, seconds: float = 400) -> None:
    """Label half of each class. Each gesture also contains items of another class. Wait until the
    model doubts more than ten labels."""
    for k in range(10):
        half = np.flatnonzero(k == TRUTH)[::2]
        wrong = np.flatnonzero((k + 1) % 10 == TRUTH)[1::30]
        items = sorted([*half.tolist(), *wrong.tolist()])
        provenance = {"tool": "lasso", "regions": []}
        command = {
            "op": "label",
            "command_id": f"impure-{k}",
            "items": items,
            "class_id": k,
            "revision": 0,
        }
        server.request("api/labels", {**command, "provenance": provenance})
    end = time.monotonic() + seconds
    while True:
        if server.request("api/training")["state"] == "resting":
            quality = server.request("api/session")["quality"]
            if ((quality or {"suspects": 0})["suspects"] or 0) > 10:
                return
        assert time.monotonic() < end, "the model doubts ten labels or fewer"
        time.sleep(0.5)
