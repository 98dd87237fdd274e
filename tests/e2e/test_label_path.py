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

NEW_NAMES = ("ноль", "один", "шесть")
"""Names of the classes that the person creates, for the digits 0, 1 and 6."""
DIGITS = (0, 1, 6)
MOST_STEPS = 60
MOST_GESTURES = 20
"""Largest number of gestures from zero to 5,000 labelled digits."""


class Person:
    """A person who knows the digits, and who follows the page.

    Attributes:
        acts: Number of key presses and clicks so far.
    """

    def __init__(
        self,
        page: PageDriver,
        truth: npt.NDArray[np.int64],
        kinds: tuple[str, ...],
        folder: Path,
    ) -> None:
        """Create a person.

        Args:
            page: The page to follow.
            truth: Kind of each item (N,).
            kinds: Name of the class of each kind.
            folder: Folder for pictures of the page.
        """
        self.page, self.truth, self.kinds, self.folder = page, truth, kinds, folder
        self.steps = self.acts = 0
        self.names = [one["name"] for one in page.state("classes")]

    def press(self, key: str, code: str) -> None:
        """Press a key of a Cyrillic keyboard."""
        self.acts += 1
        self.page.evaluate(
            f"""document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {{
                key: {key!r}, code: {code!r}, bubbles: true, cancelable: true,
            }}))"""
        )

    def hit(self, key: str) -> None:
        """Press a key that is the same on every keyboard."""
        self.acts += 1
        self.page.press(key)

    def click(self, selector: str) -> None:
        self.acts += 1
        self.page.page.click(selector)

    def look(self, name: str) -> None:
        """Keep a picture of the page."""
        self.page.picture(self.folder / f"{self.steps:02}-{name}.png")

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
        """Give a class to the framed pictures; create the class if need be."""
        page, name = self.page, self.kinds[kind]
        if self.id_of(kind) >= 0:
            self.hit(str(self.id_of(kind)))
            return
        self.press("т", "KeyN")
        page.page.keyboard.type(name)
        self.hit("Enter")
        page.wait(lambda: any(one["name"] == name for one in page.state("classes")))
        self.names = [one["name"] for one in page.state("classes")]

    def given(self) -> dict[int, int]:
        """Return the classes that the person has given on the sheet, by item."""
        return dict(self.page.evaluate("[...lodespace.state.review.given.value]"))

    def name_groups(self, items: list[dict[str, Any]]) -> None:
        """Give each group of an overview the class of most of its pictures."""
        groups: dict[int, list[int]] = {}
        for one in items:
            groups.setdefault(one["group"], []).append(one["item"])
        for members in groups.values():
            kind = int(np.bincount(self.truth[members]).argmax())
            self.click(f".cell:has([data-item='{members[0]}']) .cell-head")
            self.give(kind)
            self.page.wait(
                lambda one=members[-1], kind=kind: self.given().get(one) == self.id_of(kind)
            )

    def answer_sheet(self) -> None:
        page = self.page
        items, kind_of_sheet = sheet(page)["items"], sheet(page)["kind"]
        if kind_of_sheet == "overview":
            self.name_groups(items)
        for one in items:
            kind = int(self.truth[one["item"]])
            if self.given().get(one["item"], becomes(one)) == self.id_of(kind):
                continue
            self.click(f".cell-picture[data-item='{one['item']}']")
            self.give(kind)
            page.wait(lambda one=one, kind=kind: self.given().get(one["item"]) == self.id_of(kind))
        self.look(kind_of_sheet)
        look_at(page)
        before = len(page.gestures)
        self.hit("Enter")
        page.wait(lambda: len(page.gestures) > before and page.state("connection")["pending"] == 0)
        if sheet(page):
            self.hit("Escape")

    def id_of(self, kind: int) -> int:
        """Return the id of the class for a kind; -2 before the class exists."""
        name = self.kinds[kind]
        return self.names.index(name) if name in self.names else -2

    def answer_region(self) -> None:
        page = self.page
        self.look("region")
        kinds = np.bincount(self.truth[page.selected])
        before = len(page.gestures)
        self.hit(str(self.id_of(int(kinds.argmax()))))
        page.wait(lambda: len(page.gestures) > before)


def label_and_export(person: Person) -> float:
    """Label all items as the page proposes, export, and return the share of right labels."""
    page, truth = person.page, person.truth
    page.page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_rest()
    person.look("start")
    while not person.end():
        person.next()
    person.look("end")
    accept = page.page.get_by_role("button", name="Accept the")
    if accept.count():
        before = len(page.gestures)
        person.acts += 1
        accept.click()
        page.wait(lambda: len(page.gestures) > before and page.state("connection")["pending"] == 0)
    person.look("accepted")
    person.acts += 2
    page.page.locator("[data-testid=end]").get_by_role("button", name="Export").click()
    person.look("export")
    with page.page.expect_download() as download:
        page.page.click("[data-export=csv]")
    file = person.folder / "labels.csv"
    download.value.save_as(file)
    with file.open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == len(truth)
    person.look("exported")
    right = [row["label"] == person.kinds[int(truth[int(row["item"])])] for row in rows]
    return float(np.mean(right))


@pytest.mark.slow
@pytest.mark.only_slow
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
    assert label_and_export(Person(page, truth, NEW_NAMES, tmp_path)) > 0.97


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.only_slow
def test_5000_digits_are_labelled_and_exported_by_the_next_step(
    tmp_path: Path, own_server: ServerProcess, open_page: Any
) -> None:
    page = open_page(own_server.url)
    page.wait_for_scene()
    person = Person(page, np.asarray(TRUTH), tuple("0123456789"), tmp_path)
    right, gestures = label_and_export(person), len(page.gestures)
    print(f"{100 * right:.2f} % right; {gestures} gestures, {person.acts} key presses and clicks")
    assert right > 0.97
    assert gestures <= MOST_GESTURES
