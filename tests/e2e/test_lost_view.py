"""The graphics processor loses the view, or refuses to draw the view."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from drivers.headset import Headset
from drivers.page import PageDriver
from drivers.servers import ServerProcess
from samples.digits import ZEROS

_LOSE = """lodespace.stage.renderer.getContext().getExtension('WEBGL_lose_context').loseContext()"""
_DRAWN_SHARE = """(() => {
  const { stage } = lodespace;
  const gl = stage.renderer.getContext();
  window.testDrawsAll = true;
  stage.invalidate();
  stage.render(performance.now());
  window.testDrawsAll = false;
  const { width, height } = stage.renderer.domElement;
  const pixels = new Uint8Array(width * height * 4);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  let drawn = 0;
  for (let k = 3; k < pixels.length; k += 4) drawn += pixels[k] > 0;
  return drawn / (width * height);
})()"""
"""Draws a frame, and returns the share of the pixels that are not transparent."""
_REFUSE = """(() => {
  const { getContext } = HTMLCanvasElement.prototype;
  window.refuseContext = true;
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    if (kind === 'webgl2' && window.refuseContext) return null;
    return getContext.call(this, kind, options);
  };
})()"""
"""Lets the browser refuse all WebGL contexts while `refuseContext` is true."""
_OF_EMULATOR = "error: Cannot read properties of null (reading '0')"


def _refuse(page: Page) -> None:
    page.add_init_script(_REFUSE)


def _lose(page: PageDriver) -> None:
    """Lose the context without restoring it, and check that the page reports the loss."""
    page.evaluate(_LOSE)
    page.page.wait_for_selector("[data-testid=lost-view]", timeout=3000)
    assert "All labels are saved" in page.page.inner_text("[data-testid=lost-view]")
    page.wait(lambda: page.state("view")["status"] == "shown")


@pytest.fixture
def drawn_page(still_server: ServerProcess, open_page: Any) -> PageDriver:
    """A page that draws all points."""
    page = open_page(still_server.url, drawn=True)
    page.wait_for_scene()
    page.wait_for_rest("absent")
    page.wait(lambda: page.state("picturesVersion") >= 2)
    return page


def test_a_lost_view_is_built_again_with_camera_and_selection(drawn_page: PageDriver) -> None:
    page = drawn_page
    page.lasso(page.circle(ZEROS, 0.4))
    page.press("0")
    page.wait(lambda: page.state("connection")["pending"] == 0)
    page.lasso(page.circle(ZEROS, 0.3))
    selected, labels = page.selected, page.labels
    page.evaluate("lodespace.stage.placeCamera({ azimuth: 40, elevation: 20, distance: 1.4 })")
    drawn = page.evaluate(_DRAWN_SHARE)
    before = page.evaluate("lodespace.stage.clipFromLatent()")
    assert drawn > 0.005
    for _ in range(2):
        canvas = page.page.query_selector(".cloud canvas")
        pictures = page.state("picturesVersion")
        _lose(page)
        assert page.page.locator(".cloud canvas").count() == 1
        assert canvas is not None and not canvas.evaluate("canvas => canvas.isConnected")
        page.wait(lambda loaded=pictures + 2: page.state("picturesVersion") >= loaded)
        assert page.evaluate(_DRAWN_SHARE) == pytest.approx(drawn, rel=0.05)
    assert page.evaluate("lodespace.stage.clipFromLatent()") == pytest.approx(before)
    assert np.array_equal(page.selected, selected) and np.array_equal(page.labels, labels)
    assert "The view was built again" in page.page.inner_text(".notices")
    page.lasso(page.circle(ZEROS, 0.2))
    assert 0 < len(page.selected) < len(selected)
    page.press("Escape")
    target = page.on_screen()[ZEROS[0]]
    page.page.mouse.move(*target)
    page.page.wait_for_selector(".hover-card canvas.picture")


def test_without_a_context_the_page_works_and_draws_later(
    still_server: ServerProcess, open_page: Any
) -> None:
    page = open_page(still_server.url, prepare=_refuse)
    page.wait(lambda: page.evaluate("window.lodespace?.state.latent.n > 0"))
    page.page.wait_for_selector("[data-testid=lost-view]")
    assert "cannot be drawn" in page.page.inner_text("[data-testid=lost-view]")
    page.label(3, [5, 6])
    page.wait(lambda: page.page.inner_text("[data-testid=labelled]") == "2 labelled")
    page.evaluate("window.refuseContext = false")
    page.page.get_by_role("button", name="Build the view again").click()
    page.wait_for_scene()
    assert page.page.locator("[data-testid=lost-view]").count() == 0


def test_vr_ends_when_its_view_is_lost(still_headset: Headset) -> None:
    driver = still_headset.driver
    driver.evaluate(_LOSE)
    driver.wait(lambda: driver.state("xr.presenting") is None)
    driver.wait(lambda: driver.state("view")["status"] == "shown")
    notices = ".notices"
    driver.wait(lambda: "the graphics processor lost the view" in driver.page.inner_text(notices))
    frames = driver.evaluate("lodespace.stage.frames")
    driver.evaluate("lodespace.stage.invalidate()")
    driver.wait(lambda: driver.evaluate("lodespace.stage.frames") > frames)
    still_headset.enter()
    assert still_headset.value("view.clock.frames") > 0
    # The emulator reads the size of the lost drawing buffer in each frame.
    assert {m for m in driver.messages if m.startswith("error")} <= {_OF_EMULATOR}
    driver.messages.clear()
