"""The way from zero to exported labels with a Cyrillic keyboard, following only the next step that
the page offers."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from drivers.page import PageDriver
from drivers.review import becomes, look_at, sheet
from drivers.servers import ServerProcess
from lodespace.items.item_set import load_digits
from samples.digits import TRUTH

NAMES = ("ноль", "один", "шесть")
"""Names of the classes that the person creates, for the digits 0, 1 and 6."""
DIGITS = (0, 1, 6)
MOST_STEPS = 20


class Person:
    """A person who knows the digits, and who follows the page."""

    def __init__(self, page: PageDriver, truth: npt.NDArray[np.int64], folder: Path) -> None:
        self.page, self.truth, self.folder = page, truth, folder
        self.steps = 0
        self.names = [one["name"] for one in page.state("classes")]

    def press(self, key: str, code: str) -> None:
        """Press a key of a Cyrillic keyboard."""
        self.page.evaluate(
            f"""document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {{
                key: {key!r}, code: {code!r}, bubbles: true, cancelable: true,
            }}))"""
        )

    def look(self, name: str) -> None:
        """Keep a picture of the page."""
        self.page.page.screenshot(path=self.folder / f"{self.steps:02}-{name}.png")

    def end(self) -> bool:
        return self.page.page.locator("[data-testid=end]").count() == 1

    def next(self) -> None:
        """Follow the next step of the page: a contact sheet, or a region."""
        page = self.page
        self.steps += 1
        assert self.steps <= MOST_STEPS, "the page does not come to an end"
        page.wait(lambda: page.page.locator(".next-step").count() == 1)
        self.press("ц", "KeyW")
        page.wait(
            lambda: (
                self.end()
                or (sheet(page) or {"status": ""})["status"] == "open"
                or len(page.selected) > 0
            )
        )
        if sheet(page):
            self.answer_sheet()
        elif len(page.selected) > 0:
            self.answer_region()
        page.wait_for_rest()

    def give(self, kind: int) -> None:
        """Give a class to the framed picture; create the class if need be."""
        page = self.page
        if self.id_of(kind) >= 0:
            page.press(str(self.id_of(kind)))
            return
        self.press("т", "KeyN")
        page.page.keyboard.type(NAMES[kind])
        page.press("Enter")
        page.wait(lambda: any(one["name"] == NAMES[kind] for one in page.state("classes")))
        self.names = [one["name"] for one in page.state("classes")]

    def answer_sheet(self) -> None:
        page = self.page
        items = sheet(page)["items"]
        for one in items:
            kind = int(self.truth[one["item"]])
            given = dict(page.evaluate("[...lodespace.state.review.given.value]"))
            if given.get(one["item"], becomes(one)) == self.id_of(kind):
                continue
            page.page.click(f".cell-picture[data-item='{one['item']}']")
            self.give(kind)
            page.wait(
                lambda one=one, kind=kind: (
                    dict(page.evaluate("[...lodespace.state.review.given.value]")).get(one["item"])
                    == self.id_of(kind)
                )
            )
        self.look("sheet")
        look_at(page)
        before = len(page.gestures)
        page.press("Enter")
        page.wait(lambda: len(page.gestures) > before and page.state("connection")["pending"] == 0)
        if sheet(page):
            page.press("Escape")

    def id_of(self, kind: int) -> int:
        """Return the id of the class for a kind of digit; -2 before the class exists."""
        return self.names.index(NAMES[kind]) if NAMES[kind] in self.names else -2

    def answer_region(self) -> None:
        page = self.page
        self.look("region")
        kinds = np.bincount(self.truth[page.selected])
        before = len(page.gestures)
        page.press(str(self.id_of(int(kinds.argmax()))))
        page.wait(lambda: len(page.gestures) > before)


def label_and_export(page: PageDriver, truth: npt.NDArray[np.int64], folder: Path) -> float:
    """Label all items as the page proposes, export, and return the share of right labels."""
    page.page.set_viewport_size({"width": 1280, "height": 720})
    person = Person(page, truth, folder)
    person.look("start")
    while not person.end():
        person.next()
    person.look("end")
    accept = page.page.get_by_role("button", name="Accept the")
    if accept.count():
        before = len(page.gestures)
        accept.click()
        page.wait(lambda: len(page.gestures) > before and page.state("connection")["pending"] == 0)
    page.page.locator("[data-testid=end]").get_by_role("button", name="Export").click()
    person.look("export")
    with page.page.expect_download() as download:
        page.page.click("[data-export=csv]")
    file = folder / "labels.csv"
    download.value.save_as(file)
    with file.open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == len(truth)
    right = [
        row["label"] == person.names[person.id_of(int(truth[int(row["item"])]))] for row in rows
    ]
    return float(np.mean(right))


@pytest.mark.slow
@pytest.mark.skipif("not config.getoption('--slow')", reason="runs with --slow")
def test_new_classes_are_labelled_and_exported_by_the_next_step(
    tmp_path: Path, server_process: type[ServerProcess], open_page: Any
) -> None:
    pictures, digits = load_digits().pictures, np.asarray(TRUTH)
    assert pictures is not None
    items = np.concatenate([np.flatnonzero(k == digits)[:30] for k in DIGITS])
    items.sort()
    np.save(tmp_path / "digits.npy", pictures[items])
    truth = np.searchsorted(DIGITS, digits[items])
    process = server_process(str(tmp_path / "digits.npy"), "--project", str(tmp_path / "project"))
    process.start()
    process.wait_until_ready()
    page = open_page(process.url)
    page.wait_for_scene()
    page.wait_for_rest()
    assert label_and_export(page, truth, tmp_path) > 0.97
