"""Layers over the map: islands, lines of equal density, and histograms at the edges."""

import numpy as np

from drivers.axe import serious
from drivers.page import PageDriver

_CHIPS = """[...document.querySelectorAll('.island.shown')].map((chip) => {
  const { left, top, right, bottom } = chip.getBoundingClientRect();
  return [left, top, right, bottom];
})"""
_INK = """(() => {
  const layer = document.querySelector('.map-layers > canvas');
  const { width, height } = layer;
  const copy = new OffscreenCanvas(width, height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(layer, 0, 0);
  const bytes = context.getImageData(0, 0, width, height).data;
  return bytes.reduce((sum, byte, k) => sum + (k % 4 === 3 && byte > 0), 0);
})()"""


def test_islands_have_names_that_never_overlap_at_any_zoom(page: PageDriver, slow: bool) -> None:
    page.wait_for_rest()
    page.wait(lambda: len(page.evaluate(_CHIPS)) > 3)
    middle = page.evaluate(_CHIPS)[0][:2]
    page.page.mouse.move(*middle)
    for _ in range(6 if slow else 2):
        page.page.mouse.wheel(0, -240 if slow else -720)
        page.wait_for_rest()
        boxes = np.array(page.evaluate(_CHIPS)).reshape(-1, 4)
        for k, one in enumerate(boxes):
            for other in boxes[k + 1 :]:
                apart = (one[2:] <= other[:2]).any() or (other[2:] <= one[:2]).any()
                assert apart, f"chips overlap: {one} and {other}"
    page.page.get_by_role("button", name="Layers of the map").click()
    assert serious(page) == []
    page.page.get_by_label("Islands").uncheck()
    page.wait(lambda: page.evaluate(_CHIPS) == [])


def test_density_and_histograms_are_drawn_when_switched_on(still_page: PageDriver) -> None:
    page = still_page
    page.page.get_by_role("button", name="Layers of the map").click()
    assert page.page.get_by_label("Histograms").count() == 0, "histograms need two dimensions"
    page.page.get_by_label("Density").check()
    page.wait(lambda: page.evaluate(_INK) > 500)
    page.page.get_by_label("Density").uncheck()
    page.wait(lambda: page.evaluate(_INK) == 0)
    # As on a map with two dimensions.
    page.evaluate(
        "(({ latent, layers, sceneVersion }) => { latent.latentDim = 2;"
        " sceneVersion.value += 1; layers.histograms.value = true; })(lodespace.state)"
    )
    page.wait(lambda: page.evaluate(_INK) > 500)
    page.press("Escape")
    page.wait(lambda: page.page.locator(".layer-menu").count() == 0)


def test_the_map_is_drawn_after_the_wheel_has_zoomed(still_page: PageDriver) -> None:
    page = still_page
    page.page.mouse.move(120, 120)
    page.wait_for_rest("absent")
    frames = page.evaluate("lodespace.stage.frames")
    place = "lodespace.stage.camera.position.toArray().join()"
    before = page.evaluate(place)
    page.page.mouse.wheel(0, -480)
    page.wait(lambda: page.evaluate(place) != before, 20)
    page.wait(lambda: page.evaluate("lodespace.stage.frames") > frames, 5)
