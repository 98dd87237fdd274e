"""Shapes on the item's card, where they turn when they are dragged, and in the hand in VR."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drivers.headset import Headset, put_on
from drivers.servers import ServerProcess
from samples.shapes import write_shapes


@pytest.fixture(scope="module")
def shapes_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without the trainer, with 24 meshes and point clouds."""
    folder = tmp_path_factory.mktemp("shapes")
    data = write_shapes(folder / "in")
    process = ServerProcess(str(data), "--project", str(folder / "project"), "--no-training")
    process.start()
    process.wait_until_ready()
    yield process
    process.stop()


def shades(screenshot: bytes) -> int:
    """Return the number of different colours in a picture."""
    return len(Image.open(io.BytesIO(screenshot)).convert("RGB").getcolors(1 << 20) or ())


def test_the_card_shows_a_shape_that_turns(shapes_server: ServerProcess, open_page: Any) -> None:
    page = open_page(shapes_server.url, drawn=True)
    page.wait_for_scene()
    page.evaluate("window.testDrawsAll = true")
    page.evaluate("lodespace.commands.pick(0)")
    view = page.page.locator(".shape-view canvas")
    view.wait_for()
    page.wait(lambda: shades(view.screenshot()) > 20, message="the shape is not drawn")
    before = view.screenshot()
    box = view.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 60, y + 25, steps=4)
    page.page.mouse.up()
    page.wait(lambda: view.screenshot() != before, message="a drag does not turn the shape")
    dragged = view.screenshot()
    page.page.locator(".shape-view").focus()
    page.press("ArrowLeft")
    page.wait(lambda: view.screenshot() != dragged, message="the arrow keys turn nothing")
    # The card of another item shows the other shape; a point cloud has no triangles.
    page.evaluate("lodespace.commands.pick(3)")
    page.wait(
        lambda: shades(view.screenshot()) not in (0, 1) and view.screenshot() != before,
        message="the other shape is not drawn",
    )


@pytest.mark.only_slow
def test_the_shape_is_in_the_hand_in_vr(shapes_server: ServerProcess, open_page: Any) -> None:
    headset: Headset = put_on(open_page, shapes_server.url)
    headset.enter()
    page = headset.driver
    headset.brush_to("right", headset.in_room(np.array([5]))[0])
    page.wait(lambda: page.state("xr.atBrush") >= 0, message="no item is at the brush")
    page.wait(
        lambda: headset.value("view.display.shape?.shown ?? false"),
        message="the shape is not shown in the hand",
    )
    above = headset.value("view.display.shape.group.position.y - view.card.mesh.position.y")
    assert 0.08 < above < 0.5
    turned = headset.value("view.display.shape.group.quaternion.toArray()")
    headset.turn("right", (0, np.sin(0.4), 0, np.cos(0.4)))
    headset.frames(2)
    assert headset.value("view.display.shape.group.quaternion.toArray()") != turned
