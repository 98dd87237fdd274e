"""Columns of the data on the page: colours with a legend, bars of a selection, and exact ids."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from drivers.page import PageDriver
from drivers.servers import ServerProcess

N = 120
SITES = ("north", "south", "east")


def test_a_column_colours_the_points_and_its_bars_narrow_a_selection(
    tmp_path: Path, server_process: type[ServerProcess], open_page: Any
) -> None:
    data = tmp_path / "rows.csv"
    values = np.random.default_rng(0).normal(size=(N, 3))
    with data.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "v0", "v1", "v2", "site"])
        table.writerows([k, *values[k], SITES[k % 3]] for k in range(N))
    process = server_process(str(data), "--project", str(tmp_path / "rows"), "--no-training")
    process.start()
    process.wait_until_ready()
    page: PageDriver = open_page(process.url)
    page.wait_for_scene()
    south = np.arange(N)[1::3]

    menu = page.page.get_by_label("Other colours")
    menu.focus()
    menu.locator("option", has_text="site").wait_for(state="attached")
    menu.select_option("column:site")
    row = page.page.locator(".column-legend button", has_text="south")
    assert row.inner_text().split() == ["south", "40"]
    row.click()
    marks = page.evaluate("Array.from(lodespace.cloud.marks.array)")
    assert np.flatnonzero(np.array(marks[2::4]) == 0).tolist() == south.tolist()
    page.press("Escape")
    assert page.state("focus") is None

    page.evaluate("lodespace.commands.select(Uint32Array.from({ length: 60 }, (_, k) => k))")
    page.page.click(".composition summary")
    page.page.locator(".bars button", has_text="south").click()
    assert page.selected.tolist() == south[:20].tolist()

    page.press("/")
    page.page.keyboard.type("1")
    page.page.wait_for_selector(".search .link:has-text('id 1')")
    page.press("Enter")
    assert page.selected.tolist() == [1]
    assert int(page.page.inner_text("[data-testid=found]")) > 20
