"""Options that the report of an import proposes: each can be used, and has the stated effect."""

import random
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from lodespace.cli import main
from samples.pictures import draw
from samples.public_layouts import LAYOUTS

_PROPOSED = re.compile(r"(?:; | \(or )(--[a-z].*?)(?:\?|\))$")
_PLACEHOLDER = re.compile(r"\b(FILE|FOLDER|COLUMNS?|SECONDS|HZ|NAME|SHARE)\b")


def _numbers(path: Path, *, names: str = "", first: bool = False) -> Path:
    """Write 120 rows of four numbers and a class, sorted by class, in the first or last column."""
    chance = random.Random(0)
    lines = [names] if names else []
    for row in range(120):
        numbers = [f"{chance.random():.3f}" for _ in range(4)]
        cells = [str(row // 60 + 1), *numbers] if first else [*numbers, "ab"[row // 60]]
        lines.append(",".join(cells))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def flowers(root: Path) -> Path:
    return _numbers(root / "iris.csv")


def named_flowers(root: Path) -> Path:
    return _numbers(root / "iris.csv", names="sepal_l,sepal_w,petal_l,petal_w,class")


def wines(root: Path) -> Path:
    return _numbers(root / "wine.csv", first=True)


def _pictures(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(root / name)


def workbook_with_cover(root: Path) -> Path:
    _pictures(root, *(f"Fotos/{n}.png" for n in range(6)))
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "Deckblatt"
    cover.append(["Projekt", "Falter"])
    cover.append(["Ort", "Ulm"])
    sheet = book.create_sheet("Meine Fotos")
    sheet.append(["Datei", "Art"])
    for n in range(6):
        sheet.append([f"{n}.png", ["Admiral", "Fuchs"][n % 2]])
    book.save(root / "Liste.xlsx")
    return root


def readers_and_chapters(root: Path) -> Path:
    _pictures(root, *(f"clean/{r}/{c}/{n}.png" for r in "174" for c in ("x1", "x2") for n in "01"))
    return root


def alphabets(root: Path) -> Path:
    _pictures(
        root,
        *(f"back/{a}/c{c}/{n}.png" for a in ("Greek", "Latin") for c in "12" for n in "01"),
        *(f"eval/{a}/c{c}/{n}.png" for a in ("Gothic", "Runes") for c in "12" for n in "01"),
    )
    return root


def subtypes(root: Path) -> Path:
    names = {"benign": ("adenosis", "fibroma"), "malignant": ("ductal", "lobular")}
    for outer, inner in names.items():
        for name in inner:
            _pictures(root, *(f"all/{outer}/SOB/{name}/{x}X/{n}.png" for x in "14" for n in "01"))
    return root


def unnamed_list(root: Path) -> Path:
    _pictures(root, *(f"{n}.png" for n in range(4)))
    (root / "lists").mkdir()
    (root / "lists/names.txt").write_text("file,species\n0.png,owl\n1.png,crow\n")
    return root


MAKERS: dict[str, Callable[[Path], Path]] = {name: layout.make for name, layout in LAYOUTS.items()}
OWN = (
    *(flowers, named_flowers, wines, workbook_with_cover, readers_and_chapters, alphabets),
    *(subtypes, unnamed_list),
)
MAKERS |= {maker.__name__: maker for maker in OWN}


def proposed(text: str) -> list[tuple[bool, str]]:
    """Return (whether the line is doubtful, the option) of each line of a report."""
    found = [(line[:1] == "?", _PROPOSED.search(line)) for line in text.splitlines()]
    return [(doubtful, re.split(" to | or ", match[1])[0]) for doubtful, match in found if match]


def size(text: str) -> str | None:
    found = re.search(r"sizes +(\d+) numbers each", text)
    return found and found[1]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.slow
def test_each_proposed_option_runs_and_keeps_its_promise(
    make: Callable[[Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = make(tmp_path / "raw")
    assert main(["import", str(data), "--check"]) == 0
    before = capsys.readouterr().out
    for doubtful, option in dict.fromkeys(proposed(before)):
        option = option.replace("FOLDER/", f"{data}/")
        if _PLACEHOLDER.search(option):
            continue
        assert main(["import", str(data), "--check", *shlex.split(option)]) == 0, option
        text = capsys.readouterr().out
        gives_labels = option.startswith(("--label ", "--labels-at ", "--labels-from ", "--sheet "))
        if doubtful and gives_labels and "none" not in option:
            assert re.search(r"items in \d+ class|would label", text), (option, text)
        if option.startswith("--vector ") and size(before) is not None:
            assert size(text) == size(before), (option, text)


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (flowers, "--vector 'column *'"),
        (named_flowers, "--vector 'sepal_l,sepal_w,petal_l,petal_w'"),
        (wines, "--label 'column 1'"),
        (workbook_with_cover, "--sheet 'Meine Fotos'"),
        (alphabets, "--labels-at 2"),
        (subtypes, "--labels-at 4"),
    ],
)
def test_the_report_proposes_the_option_that_gives_the_classes(
    make: Callable[[Path], Path], option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(make(tmp_path)), "--check"]) == 0
    assert option in [found for _, found in proposed(capsys.readouterr().out)]


def test_a_pattern_of_columns_leaves_out_the_label_and_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for make, label in ((flowers, "column 5"), (wines, "column 1")):
        options = ["--check", "--label", label, "--vector", "column *"]
        assert main(["import", str(make(tmp_path)), *options]) == 0
        text = capsys.readouterr().out
        assert size(text) == "4"
        assert f"ids, labels or text: {label}" in text
        assert "120 of 120 items in 2 classes" in text


def test_classes_of_a_table_sorted_by_class_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(flowers(tmp_path)), "--check"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"from column 5, .*; --labels none\?", text)
    assert "120 of 120 items in 2 classes: a (60), b (60)" in text


def test_a_given_option_for_folders_ends_the_doubt_about_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ("01", "02", "01_GT", "02_GT")
    _pictures(tmp_path, *(f"{folder}/t{n}.png" for folder in folders for n in range(3)))
    assert main(["import", str(tmp_path), "--check"]) == 0
    assert "may be sequences" in capsys.readouterr().out
    assert main(["import", str(tmp_path), "--check", "--labels-at", "none"]) == 0
    assert "may be sequences" not in capsys.readouterr().out
