"""A list of 1,000 classes: typing to label, groups, and the classes in focus."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.page import PageDriver
from drivers.servers import ServerProcess

N = 1000


def name(k: int) -> str:
    return f"group {k // 100}/kind {k:03d} {'of a species ' * 5}"[:90].strip()


@pytest.fixture
def many_page(tmp_path: Path, server_process: type[ServerProcess], open_page: Any) -> PageDriver:
    data = tmp_path / "many.npz"
    values = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    names = np.array([name(k) for k in range(N)])
    np.savez(data, X=values, y=np.arange(N), class_names=names)
    process = server_process(
        str(data), "--project", str(tmp_path / "many"), "--no-training", "--labels", "none"
    )
    process.start()
    process.wait_until_ready()
    page = open_page(process.url)
    page.wait_for_scene()
    return page


def test_a_typed_name_labels_and_the_list_renders_few_rows(many_page: PageDriver) -> None:
    page, rows = many_page, many_page.page.locator(".class-row")
    assert page.page.locator("[data-group]").count() == 10 and rows.count() == 0
    page.page.click("[data-group='group 3'] button")
    assert 10 < rows.count() < 60
    page.evaluate("lodespace.commands.select(Uint32Array.of(4, 7))")
    page.press("p")
    page.page.keyboard.type("KIND 42")
    page.page.wait_for_selector(".class-row.active[data-class='420']")
    page.press("ArrowDown")
    page.page.wait_for_selector(".class-row.active[data-class='421']")
    page.press("Enter")
    assert page.labels[[4, 7]].tolist() == [421, 421] and len(page.selected) == 0
    # Letters act again, and the last class is the first one of the list.
    page.press("r")
    assert page.state("tool") == "rectangle"
    assert rows.first.get_attribute("data-class") == "421"
    page.press("p")
    page.press("Enter")  # without a selection, the class is shown alone
    assert page.state("focus") == {"kind": "class", "classId": 421}
    assert "Only" in page.page.inner_text(".notices")
    page.press("Escape")
    assert page.state("focus") is None


def test_a_typed_new_name_adds_the_class_and_labels(many_page: PageDriver) -> None:
    page = many_page
    new = "梟" * 200
    page.evaluate("lodespace.commands.select(Uint32Array.of(5))")
    page.press("p")
    page.page.keyboard.insert_text(new)
    page.page.wait_for_selector(".class-field .hint:has-text('Enter creates “梟')")
    page.press("Enter")
    page.wait(lambda: page.labels[5] == N)
    page.wait(lambda: page.state("connection")["pending"] == 0)
    assert page.state("classes")[N]["name"] == new
