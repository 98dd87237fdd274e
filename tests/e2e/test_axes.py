"""Named axes on the page: two selections become an axis, which undo removes."""

from drivers.page import PageDriver
from samples.digits import ONES, ZEROS

SECONDS = 20


def take(page: PageDriver, items: list[int], side: str) -> None:
    """Select `items` and use them as one end of an axis."""
    page.evaluate(f"lodespace.commands.select(Uint32Array.from({items}))")
    page.page.get_by_role("button", name=f"{side}:").click()


def test_two_selections_become_an_axis_that_undo_removes(still_page: PageDriver) -> None:
    page = still_page
    page.press("d")
    axis = page.page.get_by_label("Axis y")
    groups = axis.locator("option[value=groups]")
    assert groups.is_disabled(), "two selections are needed first"
    take(page, ZEROS[:20].tolist(), "few")
    take(page, ONES[:20].tolist(), "many")
    axis.select_option("groups")
    page.wait(lambda: page.evaluate("lodespace.state.axes.value.length === 1"), SECONDS)
    (shown,) = page.state("axes")
    assert (shown["axis"], shown["name"], shown["known"]) == ("y", "few to many", 40)
    text = page.page.get_by_role("region", name="Named axes").inner_text()
    assert "Correlation: not measured yet" in text, "there is no trainer"
    assert page.gestures[-1]["note"] == "y: few to many"
    page.evaluate("lodespace.commands.undo()")
    page.wait(lambda: page.evaluate("lodespace.state.axes.value.length === 0"), SECONDS)
    page.evaluate("lodespace.commands.redo()")
    page.wait(lambda: page.evaluate("lodespace.state.axes.value.length === 1"), SECONDS)
    axis.select_option("remove")
    page.wait(lambda: page.evaluate("lodespace.state.axes.value.length === 0"), SECONDS)


def test_an_axis_with_equal_ends_is_refused_with_its_reason(still_page: PageDriver) -> None:
    page = still_page
    page.press("d")
    for side in ("few", "many"):
        take(page, ZEROS[:5].tolist(), side)
    page.page.get_by_label("Axis x").select_option("groups")
    page.wait(lambda: page.evaluate("lodespace.state.refusal.value !== null"), SECONDS)
    assert "in both selections" in page.state("refusal")["message"]
    page.evaluate("lodespace.state.refusal.value = null")
