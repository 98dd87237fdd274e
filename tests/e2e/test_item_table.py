"""The table of a selection."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from drivers.axe import serious
from drivers.page import PageDriver
from drivers.servers import ServerProcess

N = 300
ROWS = ".item-table tbody tr[data-item]"


def shown(page: PageDriver) -> list[int]:
    """Return the items of the rendered rows."""
    script = "(all) => all.map((row) => Number(row.dataset.item))"
    return page.page.eval_on_selector_all(ROWS, script)


def test_a_table_sorts_scrolls_and_selects_items(
    tmp_path: Path, server_process: type[ServerProcess], open_page: Any
) -> None:
    data = tmp_path / "rows.csv"
    values = np.random.default_rng(0).normal(size=(N, 3))
    sizes = np.random.default_rng(1).permutation(N)
    with data.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "v0", "v1", "v2", "size", "place"])
        for k in range(N):
            table.writerow([f"clip {k}", *values[k], f"m{sizes[k]}", f"S{k % 12}"])
    process = server_process(str(data), "--project", str(tmp_path / "rows"), "--no-training")
    process.start()
    process.wait_until_ready()
    page: PageDriver = open_page(process.url)
    page.wait_for_scene()
    page.page.set_viewport_size({"width": 1280, "height": 720})

    page.evaluate("lodespace.commands.select(Uint32Array.from({ length: 200 }, (_, k) => k))")
    page.page.locator(".selection-views").get_by_role("button", name="Table").click()
    page.page.wait_for_selector(ROWS)
    assert 5 < len(shown(page)) < 60, "all rows are rendered"
    page.page.click(".item-table th:has-text('size') button")
    by_size = np.argsort(sizes[:200], kind="stable").tolist()
    page.wait(lambda: shown(page) == by_size[: len(shown(page))])
    page.page.click(".item-table th:has-text('size') button")
    page.wait(lambda: shown(page)[:3] == by_size[::-1][:3])
    header = page.page.locator("th", has_text="size")
    assert header.get_attribute("aria-sort") == "descending"
    page.page.click(".item-table th:has-text('place') button")
    page.wait(lambda: shown(page)[:15] == [*range(0, 180, 12)])
    assert serious(page) == []

    page.page.click(".item-table th:has-text('item') button")
    page.wait(lambda: shown(page)[:3] == [0, 1, 2])
    page.evaluate("document.querySelector('.table-body').scrollTop = 1e6")
    page.wait(lambda: shown(page)[-1:] == [199])
    page.wait(lambda: "clip 199" in page.page.locator(ROWS).last.inner_text())
    rows = page.page.locator(ROWS)
    rows.last.locator("button").click()
    assert page.selected.tolist() == [199]
    page.page.wait_for_selector(".item-card >> text=clip 199")
    rows.nth(rows.count() - 3).locator("button").click(modifiers=["Shift"])
    assert page.selected.tolist() == [197, 198, 199]
    rows.last.locator("button").click(modifiers=["Control"])
    assert page.selected.tolist() == [197, 198]
    page.page.get_by_role("button", name="Select all").click()
    assert len(page.selected) == 200
    page.press("Escape")
    page.wait(lambda: page.page.locator(".item-table").count() == 0)
    assert len(page.selected) == 200
