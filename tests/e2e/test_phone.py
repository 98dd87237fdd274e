"""A served project on a phone: labels by touch."""

import contextlib
from typing import Any

import numpy as np

from drivers.fingers import PHONE, move_fingers, outside, phone, tap_until
from drivers.servers import ServerProcess

AFTER_TOUCH_MS = 500
"""Time after a touch in which Chromium could take a tap for a part of the touch."""


def test_a_lasso_by_touch_labels_and_two_fingers_turn(
    still_server: ServerProcess, open_page: Any
) -> None:
    page = open_page(still_server.url, prepare=phone, **PHONE)
    page.wait_for_scene()
    page.wait_for_rest("absent")
    # Otherwise, the camera takes 300 frames to stop.
    page.evaluate("lodespace.stage.controls.enableDamping = false")
    browser, before = page.page, page.labels
    assert outside(page, ".top-bar *, .tools, .tools *") == []
    assert browser.locator("kbd:visible").count() == 0, "the page names keys"
    for word in ("mouse", "Shift", "press"):
        assert word not in browser.locator(".side").inner_text()
    field = browser.locator(".top-bar .search")

    def width() -> float:
        box = field.bounding_box()
        return box["width"] if box else 0

    assert width() < 50, "the hint of the search field would be cut"
    field.tap()
    page.wait(lambda: width() > 250)
    browser.keyboard.press("Escape")

    def view() -> np.ndarray:
        return np.array(page.evaluate("lodespace.stage.clipFromLatent()"))

    # At first, a finger turns the cloud.
    seen = view()
    move_fingers(browser, [np.array([[150.0 + 5 * k, 250.0]]) for k in range(8)])
    page.wait(lambda: np.abs(view() - seen).max() > 0.01)
    assert len(page.selected) == 0

    # The browser sends the click of a tap later than the end of the touch.
    tap_until(page, "Lasso", lambda: page.state("tool") == "lasso")
    seen = view()
    where = page.on_screen()
    middle = np.median(where, axis=0)
    angles = np.linspace(0, 2 * np.pi, 25)
    circle = middle + 60 * np.c_[np.cos(angles), np.sin(angles)]
    move_fingers(browser, circle[:, None])
    inside = np.flatnonzero(np.hypot(*(where - middle).T) < 57)
    assert np.isin(inside, page.selected).all()
    assert np.hypot(*(where[page.selected] - middle).T).max() < 63
    assert len(inside) > 20
    np.testing.assert_allclose(view(), seen, atol=1e-9)

    # The second finger ends the lasso of the first.
    chosen = page.selected
    fingers = np.array([[-60.0, 0], [60, 0]])
    turn = [middle + fingers + [4.0 * k, 0] for k in range(10)]
    move_fingers(browser, turn)
    page.wait(lambda: np.abs(view() - seen).max() > 0.01)
    assert page.state("drawing") is None
    np.testing.assert_array_equal(page.selected, chosen)

    # Chromium sends no click for a tap that follows two fingers at once, so the person waits, or
    # taps again.
    browser.wait_for_timeout(AFTER_TOUCH_MS)
    name = browser.locator(".class-row[data-class='3'] .class-name")
    for _ in range(2):
        name.tap()
        with contextlib.suppress(AssertionError):
            page.wait(lambda: (page.labels[chosen] == 3).all(), seconds=5)
            break
    assert (page.labels[chosen] == 3).all()
    page.wait(lambda: page.state("connection")["pending"] == 0)
    browser.get_by_role("button", name="Undo").tap()
    page.wait(lambda: np.array_equal(page.labels, before))
    page.wait(lambda: page.state("connection")["pending"] == 0)


def test_a_finger_adds_to_the_selection_and_removes_from_it(
    still_server: ServerProcess, open_page: Any
) -> None:
    page = open_page(still_server.url, prepare=phone, **PHONE)
    page.wait_for_scene()
    page.wait_for_rest("absent")
    browser = page.page
    use = browser.locator(".tool.any-touch")
    assert use.is_disabled(), "without a selection there is nothing to add to"
    browser.get_by_role("button", name="Lasso").tap()
    page.wait(lambda: page.state("tool") == "lasso")
    angles = np.linspace(0, 2 * np.pi, 25)
    circle = 30 * np.c_[np.cos(angles), np.sin(angles)]
    middle = np.median(page.on_screen(), axis=0)
    aside = np.array([45.0, 0])
    left, right = middle - aside, middle + aside

    def draw(around: np.ndarray) -> set[int]:
        move_fingers(browser, (around + circle)[:, None])
        return set(page.selected.tolist())

    def press(wanted: str) -> None:
        # Chromium sends no click for a tap that follows another touch at once.
        browser.wait_for_timeout(AFTER_TOUCH_MS)
        for _ in range(3):
            use.tap()
            with contextlib.suppress(AssertionError):
                page.wait(lambda: page.state("regionUse") == wanted, seconds=5)
                return
        assert page.state("regionUse") == wanted

    first = draw(left)
    press("add")
    assert "added" in browser.inner_text("[data-testid=region-use]")
    both = draw(right)
    second = both - first
    assert first < both and len(first) > 5 and len(second) > 5
    press("subtract")
    assert draw(left) == second
    # Without a selection, a region is a new selection again.
    page.evaluate("lodespace.commands.clearSelection()")
    page.wait(lambda: page.state("regionUse") == "replace")
    assert draw(left) == first
