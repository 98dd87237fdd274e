"""The main way through VR with each kind of input: enter, brush, grab, drop, watch, sheet, undo,
and export after VR.

Pictures of both eyes are saved in the temporary folder of the test, for a person to look at. The
software renderer needs minutes for them, so the test runs with --slow only. The other tests of the
headset try the parts of this way.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.headset import Headset, put_on
from drivers.input_sources import HEAD, VisionHeadset, with_sources
from drivers.review import look_at, sheet
from drivers.servers import ServerProcess
from samples.digits import SIXES, TRUTH

ARM = 0.75
"""Distance from the eyes that an arm reaches, metres."""


def controllers(headset: Headset) -> Headset:
    headset.enter()
    return headset


def bare_hands(headset: Headset) -> Headset:
    headset.enter()
    headset.use_hands()
    return headset


def vision_with_hands(headset: Headset) -> Headset:
    seen = VisionHeadset(headset, "allowed")
    seen.enter()
    return seen


def vision_alone(headset: Headset) -> Headset:
    alone = VisionHeadset(headset, "refused")
    alone.enter()
    return alone


@pytest.mark.slow
@pytest.mark.only_slow
@pytest.mark.parametrize(
    "person",
    [controllers, bare_hands, vision_with_hands, vision_alone],
    ids=lambda function: function.__name__,
)
def test_the_main_way_through_vr(
    impure_server: ServerProcess,
    open_page: Any,
    person: Callable[[Headset], Headset],
    tmp_path: Path,
) -> None:
    page = open_page(impure_server.url, prepare=with_sources)
    page.wait_for_scene()
    page.wait_for_rest("resting")
    before = page.labels
    flat = put_on(open_page, impure_server.url, prepare=with_sources, drawn=True)
    flat.driver.wait_for_rest("resting")
    headset = person(flat)
    headset.script("window.testDrawsAll = true;")
    driver, pictures = headset.driver, iter(range(1, 99))

    def look(name: str) -> None:
        headset.frames(3)
        headset.screenshot(tmp_path / f"{next(pictures)}-{name}.png")

    grip = "squeeze" if person is controllers else "trigger"
    headset.put("left", (-0.3, 1.15, 0.2))
    headset.put("right", (0.3, 1.2, 0.3))
    look("enter")

    # The cloud is at arm's length and near straight ahead.
    middle = np.median(headset.in_room(np.arange(len(TRUTH))), axis=0)
    assert np.linalg.norm(middle - HEAD) < ARM + 0.1 and degrees_aside(middle) < 30

    # So is the palette.
    board = np.array(
        headset.value("view.at.setFromMatrixPosition(view.palette.mesh.matrix).toArray()")
    )
    assert np.linalg.norm(board - HEAD) < ARM and degrees_aside(board) < 30

    selected = headset.paint("right", SIXES)
    assert len(selected) > 150 and np.mean(TRUTH[selected] == 6) > 0.85
    look("brush")

    headset.brush_to("right", np.median(headset.in_room(selected), axis=0))
    headset.hold("right", grip)
    assert headset.value("view.controls.holding")
    target = headset.tile("class", 6) + 0.03 * headset.outward
    assert np.linalg.norm(target - HEAD) < ARM
    # The palette grows while a hand carries a cluster, so the target moves.
    for share in np.linspace(0.2, 1, 5):
        target = headset.tile("class", 6) + 0.03 * headset.outward
        start = headset.hand("right")
        headset.brush_to("right", start + share * (target - start))
    headset.frames(2)
    look("drop")
    headset.let_go("right", grip)
    driver.wait(lambda: (driver.labels[selected] == 6).all(), message="the drop gave no label")
    driver.wait(lambda: driver.state("connection")["pending"] == 0)
    labelled = driver.labels

    # The points move after the gesture, also on the page of another person.
    positions = driver.positions()
    headset.put("right", (0.3, 1.2, 0.3))
    driver.wait(
        lambda: np.abs(driver.positions() - positions).max() > 0.02 * positions.std(),
        message="nothing moved",
    )
    driver.wait_for_rest("resting")
    look("watch")

    headset.turn_palette("right", "review")
    headset.touch("right", "suspects")
    driver.wait(lambda: (sheet(driver) or {"status": ""})["status"] == "open")
    headset.put("right", (0.3, 1.2, 0.3))
    look("sheet")
    place = np.array(
        headset.value("view.at.setFromMatrixPosition(view.sheet.mesh.matrix).toArray()")
    )
    assert np.linalg.norm(place - HEAD) < ARM and degrees_aside(place) < 30
    chosen = [item["item"] for item in sheet(driver)["items"]]
    look_at(driver)
    headset.touch("right", "confirm")
    driver.wait(
        lambda: driver.state("history")["gestures"][-1]["count"] == len(chosen),
        message="confirm labelled nothing",
    )
    headset.touch("right", "close")
    headset.turn_palette("right", "classes")
    headset.touch("right", "undo")
    driver.wait(lambda: (driver.labels == labelled).all(), message="undo did not work")
    driver.wait(lambda: driver.state("connection")["pending"] == 0)
    look("undo")

    # After VR, the page has the labels, for the person to download.
    driver.evaluate("lodespace.xr.entry.leave()")
    driver.wait(lambda: driver.state("xr.presenting") is None)
    driver.page.set_viewport_size({"width": 1280, "height": 720})
    driver.page.get_by_title("Download labels, predictions, map or model").click()
    with driver.page.expect_download() as download:
        driver.page.locator("[data-export=csv]").click()
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = exported(rows)
    assert all(found[item] == 6 for item in selected.tolist())
    headset.driver.wait(lambda: (page.labels == labelled).all())
    assert not (before == labelled).all()


def degrees_aside(place: np.ndarray) -> float:
    """Angle between straight ahead and a place of the room, horizontally, in degrees."""
    x, _, z = place - HEAD
    return float(np.degrees(np.arctan2(abs(x), -z)))


def exported(rows: list[dict[str, str]]) -> dict[int, int]:
    """Class of each labelled item in an exported table."""
    return {int(row["item"]): int(row["label"]) for row in rows if row["label"] != ""}
