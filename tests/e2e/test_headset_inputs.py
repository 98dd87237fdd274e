"""Input sources beyond the emulator's own: Apple Vision Pro, and sources that the cameras lose."""

from functools import partial
from typing import Any, Literal

import numpy as np
import pytest

from drivers.headset import put_on
from drivers.input_sources import SourcesHeadset, VisionHeadset, with_sources
from drivers.servers import ServerProcess
from samples.digits import SIXES, TRUTH


@pytest.fixture
def open_sources(still_server: ServerProcess, open_page: Any) -> Any:
    """Return a function that opens a page of `still_server` in a headset with further sources."""
    return partial(put_on, open_page, still_server.url, prepare=with_sources)


@pytest.mark.parametrize("hands", ["allowed", "refused"])
def test_vision_pro_brushes_labels_and_drops_a_cluster(
    open_sources: Any, hands: Literal["allowed", "refused"]
) -> None:
    headset = VisionHeadset(open_sources(), hands)
    driver = headset.driver
    driver.wait_for_rest("absent")
    headset.enter()
    headset.put("left", (-0.35, 1.1, 0.25))
    headset.put("right", (0.3, 1.2, 0.3))
    presses = "view.inputs.right.pressed"
    selected = headset.paint("right", SIXES)
    assert len(selected) > 150 and np.mean(TRUTH[selected] == 6) > 0.85
    assert not headset.value(presses)
    headset.touch("right", "class", 6)
    driver.wait(lambda: (driver.labels[selected] == 6).all(), message="the tile did nothing")
    headset.touch("right", "undo")
    driver.wait(lambda: (driver.labels == -1).all())
    again = headset.paint("right", SIXES)
    headset.brush_to("right", np.median(headset.in_room(again), axis=0))
    headset.hold("right")
    assert headset.value("view.controls.holding")
    headset.brush_to("right", headset.tile("class", 6) + 0.03 * headset.outward)
    headset.let_go("right")
    driver.wait(lambda: (driver.labels[again] == 6).all(), message="the drop did nothing")
    # Without a pinch, a person whose hands the page does not see has no input source.
    assert headset.value("view.inputs.right.source !== null") == (hands == "allowed")
    # Two pinches in empty space scale the world.
    scale, apart = [], []
    for side, x in (("left", -0.3), ("right", 0.3)):
        headset.put(side, (x, 1.75, 0.1))
        headset.hold_world(side)
    for x in (0.3, 0.5):
        headset.put("left", (-x, 1.75, 0.1))
        headset.put("right", (x, 1.75, 0.1))
        scale.append(np.linalg.norm(headset.world[:3, 0]))
        apart.append(np.linalg.norm(headset.hand("right") - headset.hand("left")))
    headset.let_go("left")
    headset.let_go("right")
    assert scale[1] > 1.5 * scale[0]
    assert np.isclose(scale[1] / scale[0], apart[1] / apart[0], rtol=0.01)


def test_a_controller_out_of_view_stops_painting(open_sources: Any) -> None:
    headset = SourcesHeadset(open_sources().driver)
    headset.driver.wait_for_rest("absent")
    headset.enter()
    headset.set_guessed("right", False)
    headset.put("left", (-0.3, 1.15, 0.25))
    headset.brush_to("right", np.median(headset.in_room(SIXES), axis=0))
    headset.hold("right")
    headset.frames(3)
    painted = headset.driver.selected
    headset.set_guessed("right", True)
    headset.put("right", (0.3, 1.2, 0.3))
    headset.wait(lambda: not headset.value("view.controls.stroke.active"), "it still paints")
    assert len(painted) > 50 and headset.driver.selected.tolist() == painted.tolist()
    assert "right controller was lost from view" in headset.message
    headset.let_go("right")
