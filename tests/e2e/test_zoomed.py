"""The page at 200 % zoom: a window of 1280 x 720 pixels then has 640 x 360 CSS pixels."""

import pytest

from drivers.axe import serious
from drivers.page import PageDriver


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious_at_200_percent(still_page: PageDriver, theme: str) -> None:
    page = still_page
    page.page.set_viewport_size({"width": 640, "height": 360})
    page.evaluate(f"lodespace.state.theme.value = '{theme}'")
    page.evaluate("lodespace.commands.select(Uint32Array.from({ length: 40 }, (_, k) => k))")
    page.page.wait_for_selector(".sheet")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
