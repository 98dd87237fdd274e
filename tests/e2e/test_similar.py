"""More like this: by key, by button, by a file, and by a tile in the emulated headset."""

import io
from typing import Any

import numpy as np
from PIL import Image

from drivers.headset import Headset, in_vr_at_rest, put_on
from drivers.page import PageDriver
from drivers.servers import ServerProcess
from lodespace.items.item_set import load_digits
from samples.digits import ONES, TRUTH

DIGITS = np.asarray(load_digits().data)


def at_rest(server: ServerProcess, open_page: Any) -> PageDriver:
    page = open_page(server.url)
    page.wait_for_scene()
    page.wait_for_rest()
    return page


def select(page: PageDriver, *items: int) -> None:
    page.evaluate(f"lodespace.commands.select(Uint32Array.from({list(items)}))")


def test_more_like_an_item_can_be_labelled_and_undone(
    server: ServerProcess, open_page: Any
) -> None:
    page = at_rest(server, open_page)
    before, item = page.labels, int(ONES[40])
    select(page, item)
    page.press("+")
    page.wait(lambda: len(page.selected) == 28)
    assert item in page.selected and np.mean(TRUTH[page.selected] == 1) > 0.9
    reason = page.page.inner_text(".selection .reason")
    assert reason.startswith("27 items most like the selected item, by learned features.")
    first = set(page.selected)
    page.page.get_by_role("button", name="More like this").click()
    page.wait(lambda: len(page.selected) == 55)
    assert first < set(page.selected)
    chosen = page.selected
    page.press("1")
    page.wait(lambda: (page.labels[chosen] == 1).all())
    page.wait(lambda: page.state("connection")["pending"] == 0)
    assert page.gestures[-1]["count"] == 55
    # In a low window, the hint at the lasso has a place beside the classes and figures, too.
    page.page.set_viewport_size({"width": 1280, "height": 720})
    page.page.wait_for_selector(".reviewed")
    for text in ("Draw around items", "Find items like a file…"):
        found = page.page.locator(f".selection :text('{text}'):visible").bounding_box()
        assert found is not None and found["y"] + found["height"] < 720, text
    page.undo_to(before)


def test_a_dropped_file_selects_the_items_like_it(server: ServerProcess, open_page: Any) -> None:
    page = at_rest(server, open_page)
    # The picture is in the project, so the nearest item is this picture.
    item = int(ONES[7])
    file = io.BytesIO()
    Image.fromarray(DIGITS[item]).save(file, "PNG")
    script = """([bytes, type]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], 'one.png', { type: 'image/png' }));
      const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
      return !document.querySelector('main').dispatchEvent(event);
    }"""
    page.page.evaluate(script, [list(file.getvalue()), "dragover"])
    page.wait(lambda: page.page.locator("[data-testid=drop]").count() == 1)
    handled = page.page.evaluate(script, [list(file.getvalue()), "drop"])
    assert handled, "the browser would leave the page to show the file"
    page.wait(lambda: len(page.selected) == 27)
    assert item in page.selected and np.mean(TRUTH[page.selected] == 1) > 0.9
    assert "most like the file one.png" in page.page.inner_text(".selection .reason")
    # A file of another kind is refused with the reason, and the selection stays.
    page.evaluate(
        "lodespace.commands.likeFile(new File(['a,b'], 'table.csv', { type: 'text/csv' }))"
    )
    page.wait(lambda: "items of this project are pictures" in page.page.inner_text("#app"))
    assert len(page.selected) == 27


def test_a_tile_adds_more_like_the_selection_in_vr(server: ServerProcess, open_page: Any) -> None:
    headset: Headset = in_vr_at_rest(put_on(open_page, server.url))
    page = headset.driver
    select(page, int(ONES[40]))
    headset.turn_palette("right", "review")
    headset.touch("right", "similar")
    page.wait(lambda: len(page.selected) == 28)
    assert np.mean(TRUTH[page.selected] == 1) > 0.9
