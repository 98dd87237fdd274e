"""The card of one item, its neighbours, and contact sheets of chosen items."""

import numpy as np

from drivers.axe import serious
from drivers.page import PageDriver
from drivers.review import sheet, wait_for_sheet


def nearest(page: PageDriver, item: int, most: int) -> list[int]:
    """Return the items that are nearest to `item` on the map."""
    places = page.positions()
    far = np.linalg.norm(places - places[item], axis=1)
    return [other for other in np.argsort(far, kind="stable").tolist() if other != item][:most]


def test_a_click_keeps_the_card_of_an_item_with_its_neighbours(still_page: PageDriver) -> None:
    page = still_page
    page.page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_rest("absent")
    where = page.on_screen()
    # An item that is alone at its place, in the left half of the page.
    left = np.flatnonzero((where[:, 0] > 150) & (where[:, 0] < 450) & (where[:, 1] < 500))
    gaps = [np.partition(np.linalg.norm(where - where[item], axis=1), 1)[1] for item in left]
    item = int(left[np.argmax(gaps)])
    page.page.mouse.click(*where[item])
    card = page.page.locator(".item-card")
    card.wait_for()
    assert page.selected.tolist() == [item]
    assert f"item {item:,}" in card.inner_text()
    box = card.bounding_box()
    assert box is not None
    assert box["x"] > where[item][0], "the card covers the item"
    shown = card.locator(".neighbour").evaluate_all("all => all.map(e => Number(e.dataset.item))")
    assert set(shown) == set(nearest(page, item, 12))
    assert serious(page) == []

    card.locator(".neighbour").first.hover()
    page.wait(lambda: (page.state("hovered") or {}).get("item") == shown[0])
    page.page.wait_for_timeout(400)  # longer than the card of a left item stays
    assert page.state("hovered")["item"] == shown[0]
    card.locator(".neighbour").first.click()
    page.wait(lambda: page.selected.tolist() == [shown[0]])
    assert f"item {shown[0]:,}" in card.inner_text()

    card.get_by_role("button", name="Similar 27").click()
    items = [one["item"] for one in wait_for_sheet(page, "similar")]
    assert set(items) == set(nearest(page, shown[0], 27))
    assert card.count() == 0
    page.press("Escape")
    card.wait_for()
    page.press("Escape")
    page.wait(lambda: card.count() == 0)
    assert len(page.selected) == 0


def test_the_card_offers_similar_items_only_after_the_search(still_page: PageDriver) -> None:
    page = still_page
    page.page.set_viewport_size({"width": 1280, "height": 720})
    refusal = {"code": "training_error", "message": "The model has not started."}
    page.page.route("**/api/similar", lambda route: route.fulfill(status=503, json=refusal))
    page.evaluate("lodespace.commands.pick(7)")
    card = page.page.locator(".item-card")
    card.get_by_text("Similar items can be searched when the model has started.").wait_for()
    assert card.get_by_role("button", name="Similar").count() == 0
    page.page.unroute("**/api/similar")
    page.evaluate("lodespace.state.training.value.state = 'resting'")
    page.evaluate("lodespace.state.training.value = { ...lodespace.state.training.value }")
    card.get_by_role("button", name="Similar 27").wait_for()


def test_a_selection_is_paged_through_on_a_sheet(still_page: PageDriver) -> None:
    page = still_page
    page.evaluate("lodespace.commands.select(Uint32Array.from({ length: 60 }, (_, k) => k))")
    page.page.get_by_role("button", name="Page through").click()
    assert [one["item"] for one in wait_for_sheet(page, "selection")] == list(range(27))
    page.page.get_by_role("button", name="Next page").click()
    page.wait(lambda: sheet(page)["page"]["at"] == 1)
    page.page.locator(".cell-picture").first.click()
    page.press("4")
    page.press("Enter")
    page.wait(lambda: sheet(page)["page"]["at"] == 2)
    assert page.labels[:60].tolist() == [4 if k == 27 else -1 for k in range(60)]
    page.press("Escape")
    assert len(page.selected) == 60
