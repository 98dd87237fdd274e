"""Accessibility of the page: axe-core in both themes, the keyboard alone, and small windows."""

from typing import Any

import numpy as np

from drivers.axe import serious
from drivers.page import PageDriver
from drivers.servers import ServerProcess


def select_all(page: PageDriver) -> None:
    page.evaluate("""(({ commands, state }) => {
        commands.select(Uint32Array.from({ length: state.latent.n }, (_, i) => i));
    })(lodespace)""")
    page.page.wait_for_selector(".sheet")


def test_axe_finds_nothing_serious_in_both_themes(still_page: PageDriver, slow: bool) -> None:
    page = still_page
    select_all(page)
    page.press("0")
    page.wait(lambda: len(page.gestures) == 1)
    select_all(page)
    for theme in ("dark", "light"):
        page.evaluate(f"lodespace.state.theme.value = '{theme}'")
        # test_zoomed.py checks the page in both themes, too.
        if slow or theme == "dark":
            assert serious(page) == [], theme
        page.press("?")
        page.page.wait_for_selector(".help")
        if slow or theme == "light":
            assert serious(page) == [], theme
        page.press("Escape")
        assert page.page.locator(".help").count() == 0


def focused(page: PageDriver) -> str:
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )


def test_the_keyboard_reaches_the_tools_and_leaves_the_help(
    still_server: ServerProcess, open_page: Any
) -> None:
    page = open_page(still_server.url)  # a page that has nothing to redo
    page.wait_for_scene()
    page.wait_for_rest("absent")
    page.page.focus(".tool >> nth=0")
    assert focused(page) == "Lasso"
    page.press("ArrowDown")
    assert focused(page) == "Rectangle"
    page.press("Enter")
    assert page.state("tool") == "rectangle"
    page.press("ArrowUp")
    page.press("ArrowUp")
    # The first key press moved the focus to the first tool, the second to the last enabled tool.
    assert focused(page) == "Layers of the map"
    page.press("Tab")
    inside = page.evaluate("document.querySelector('.tools').contains(document.activeElement)")
    assert not inside, "the Tab key stops at more than one tool of the toolbar"
    before = focused(page)
    page.press("?")
    page.wait(lambda: "close" in focused(page).lower())
    page.press("Escape")
    page.wait(lambda: focused(page) == before)


def press_at(page: PageDriver, key: str, code: str, *, ctrl: bool = False) -> None:
    """Press a key of another keyboard layout: `key` is its character, `code` its place."""
    page.evaluate(
        f"""document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {{
            key: {key!r}, code: {code!r}, ctrlKey: {str(ctrl).lower()},
            bubbles: true, cancelable: true,
        }}))"""
    )


def test_keys_act_on_a_cyrillic_keyboard_and_can_be_changed(still_page: PageDriver) -> None:
    page = still_page
    press_at(page, "к", "KeyR")
    assert page.state("tool") == "rectangle"
    press_at(page, "д", "KeyL")
    assert page.state("tool") == "lasso"

    page.press("?")
    page.page.get_by_role("button", name="Change the key R: rectangle").click()
    status = page.page.locator(".key-settings [role=status]")
    page.wait(lambda: status.inner_text().startswith("Press the new key"))
    press_at(page, "з", "KeyP")
    page.wait(lambda: "now has the key P." in status.inner_text())
    page.press("Escape")
    page.wait(lambda: page.page.locator(".help").count() == 0)
    page.press("r")
    assert page.state("tool") == "lasso"
    page.press("p")
    assert page.state("tool") == "rectangle"
    tip = page.page.locator(".tool", has_text="Rectangle").locator("kbd")
    assert tip.text_content() == "P"

    page.press("?")
    page.page.get_by_label("single-key shortcuts").uncheck()
    page.press("Escape")
    page.press("l")
    assert page.state("tool") == "rectangle"
    assert page.page.locator(".tools kbd").all_text_contents() == ["Ctrl Z", "Ctrl Y"]
    page.page.get_by_role("button", name="Keys and pointer").click()
    page.page.get_by_label("single-key shortcuts").check()
    page.page.get_by_role("button", name="Standard keys").click()
    page.press("Escape")
    page.press("l")
    assert page.state("tool") == "lasso"


def test_actions_on_a_selection_are_visible_in_every_window(page: PageDriver) -> None:
    page.wait_for_state("resting", "running")
    select_all(page)
    page.press("0")
    page.evaluate("lodespace.commands.select(Uint32Array.from([0, 1, 2]))")
    page.press("1")
    page.wait(lambda: page.evaluate("lodespace.state.predictedCounts.value[0] > 0"))
    select_all(page)
    for width, height in ((1440, 900), (1280, 720), (1024, 768)):
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        check_layout(page, width)


def check_layout(page: PageDriver, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate(
        """['.side', '.actions', '.class-row:last-child', '.bottom-bar'].map((selector) => {
             const box = document.querySelector(selector).getBoundingClientRect();
             return [box.left, box.top, box.right, box.bottom];
           })"""
    )
    side, actions, last_class, bottom = np.array(boxes)
    for inner in (actions, last_class):
        assert (inner[:2] >= side[:2]).all()
        assert (inner[2:] <= side[2:]).all()
    assert side[3] <= bottom[1], "the panels overlap"
    counts = page.evaluate(
        """(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(
             document.querySelector('.counts > .muted')
           )"""
    )
    assert counts[0] <= counts[1], f"the counts are cut off at {width}"


def test_a_phone_shows_the_cloud_and_its_classes(
    still_server: ServerProcess, open_page: Any
) -> None:
    page = open_page(still_server.url, has_touch=True)
    page.wait_for_scene()
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_rest("absent")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    top, bottom = page.evaluate(
        """['.top-bar', '.side'].map((selector) => {
             const box = document.querySelector(selector).getBoundingClientRect();
             return [box.bottom, box.top];
           })"""
    )
    where = page.on_screen()
    free = (
        (where[:, 1] > top[0]) & (where[:, 1] < bottom[1]) & (where[:, 0] > 0) & (where[:, 0] < 390)
    )
    assert free.mean() > 0.95, "the panels hide the cloud"
    middle = where[free][
        np.argmin(np.linalg.norm(where[free] - np.median(where[free], axis=0), axis=1))
    ]
    page.page.touchscreen.tap(*middle)
    page.wait(lambda: page.page.locator(".hover-card").count() == 1)
    assert serious(page) == []
