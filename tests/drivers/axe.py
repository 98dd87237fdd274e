"""axe-core on the page: violations of the rules of accessibility."""

from pathlib import Path
from typing import Any

from drivers.page import PageDriver

AXE = Path(__file__).parents[2] / "webxr_client" / "node_modules" / "axe-core" / "axe.min.js"


def serious(page: PageDriver) -> list[Any]:
    """Return the serious and critical violations: rule, help text, and first three elements."""
    # During a change of theme, colours belong to neither theme, so wait for all animations.
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
