"""axe-core on the page: what it finds against the rules of accessibility."""

from pathlib import Path
from typing import Any

from drivers.page import PageDriver

AXE = Path(__file__).parents[2] / "webxr_client" / "node_modules" / "axe-core" / "axe.min.js"


def serious(page: PageDriver) -> list[Any]:
    """Serious and critical violations: rule, help text, and the first elements."""
    # A colour that still changes to another theme's belongs to neither.
    page.evaluate(
        "Promise.allSettled(document.getAnimations().map((animation) => animation.finished))"
    )
    page.page.evaluate(AXE.read_text())
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (v["id"], v["help"], [n["html"][:300] for n in v["nodes"][:3]])
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]
