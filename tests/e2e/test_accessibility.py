"""axe-core on the page, in both themes: nothing serious."""

from pathlib import Path

import pytest
from page_driver import PageDriver

AXE = Path(__file__).parents[2] / "webxr_client" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(page: PageDriver, theme: str) -> None:
    page.evaluate(f"lodespace.state.theme.value = '{theme}'")
    page.press("?")
    page.page.wait_for_timeout(300)
    page.page.evaluate(AXE.read_text())
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (v["id"], v["help"], [n["html"][:120] for n in v["nodes"][:3]])
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
