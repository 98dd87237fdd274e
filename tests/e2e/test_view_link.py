"""A link that restores the view of a page with a server."""

from typing import Any

import pytest

from drivers.page import PageDriver
from drivers.servers import ServerProcess

_CAMERA = "Object.values(lodespace.stage.cameraPlace()).flat()"


@pytest.mark.only_slow
def test_a_link_restores_camera_colour_and_search_of_a_page(
    still_server: ServerProcess, still_page: PageDriver, open_page: Any
) -> None:
    page = still_page
    page.page.mouse.move(300, 200)
    page.page.mouse.down(button="right")
    page.page.mouse.move(420, 240)
    page.page.mouse.up(button="right")
    page.wait_for_rest("absent")
    page.evaluate("lodespace.state.colourBy.value = 'density'")
    page.press("/")
    page.page.keyboard.type("42")
    page.wait(lambda: (page.state("search") or {"items": None})["items"] is not None)
    found = page.page.inner_text("[data-testid=found]")
    page.page.get_by_role("button", name="Copy a link to this view").click()
    link = page.page.get_by_role("textbox", name="Link to this view").input_value()
    assert link.startswith(still_server.url + "?")

    other: PageDriver = open_page(still_server.url, query="&" + link.partition("?")[2])
    other.wait_for_scene()
    other.wait_for_rest("absent")
    assert other.state("colourBy") == "density"
    other.wait(lambda: other.page.locator("[data-testid=found]").count() == 1)
    other.wait(lambda: other.page.inner_text("[data-testid=found]") == found)
    assert other.page.locator("[data-search]").input_value() == "42"
    assert other.evaluate(_CAMERA) == pytest.approx(page.evaluate(_CAMERA), abs=0.06)
