"""Columns with one class each: marks such as x, and shares such as probabilities."""

from pathlib import Path

import pytest

from lodespace.importing.check import check_data
from lodespace.importing.detect import open_source
from lodespace.importing.source import ImportOptions, RawItem
from samples.annotations import read_file
from samples.pictures import draw


def table(root: Path, header: str, *rows: str) -> Path:
    root.mkdir()
    for number in range(len(rows)):
        draw(number).save(root / f"{number}.png")
    lines = [f"file,{header}", *(f"{number}.png,{row}" for number, row in enumerate(rows))]
    (root / "t.csv").write_text("\n".join(lines) + "\n")
    return root / "t.csv"


def labels(path: Path, **options: str) -> list[str | None]:
    items = open_source(str(path), ImportOptions(**options))  # type: ignore[arg-type]
    return [item.label for item in items if isinstance(item, RawItem)]


@pytest.mark.parametrize(("yes", "no"), [("x", ""), ("X", "-"), ("yes", "no"), ("True", "False")])
def test_marks_per_class_are_labels(yes: str, no: str, tmp_path: Path) -> None:
    path = table(tmp_path / "d", "cat,dog", f"{yes},{no}", f"{no},{yes}", f"{yes},{no}")
    assert labels(path) == ["cat", "dog", "cat"]
    assert labels(tmp_path / "d") == ["cat", "dog", "cat"]
    text = check_data(str(path), ImportOptions()).summary()
    assert "from the columns with marks: cat, dog" in text


def test_several_marks_per_item_are_doubtful(tmp_path: Path) -> None:
    path = table(tmp_path / "d", "cat,dog", "x,x", ",x", "x,")
    assert labels(path) == [None] * 3
    lines = check_data(str(path), ImportOptions()).lines
    assert "--label 'cat,dog'" in [line.option for line in lines if line.doubtful]
    assert labels(path, label="cat,dog") == ["cat", "dog", "cat"]


def test_shares_are_doubtful_and_the_largest_is_read_on_request(tmp_path: Path) -> None:
    path = table(tmp_path / "d", "cat,dog,owl", "0.9,0.1,0", "0.2,0.3,0.5", "0.33,0.34,0.33")
    assert labels(path) == [None] * 3
    lines = check_data(str(path), ImportOptions()).lines
    doubt = next(line for line in lines if line.doubtful and line.option)
    assert "cat, dog, owl sum to 1 for each item" in doubt.text
    assert doubt.option == "--label 'cat,dog,owl'"
    assert labels(path, label="cat,dog,owl") == ["cat", "owl", "dog"]
    assert any(
        "sum to 1" in line.text for line in check_data(str(tmp_path / "d"), ImportOptions()).lines
    )


def test_columns_of_notes_and_numbers_are_not_marks(tmp_path: Path) -> None:
    path = table(tmp_path / "d", "seen,checked,size", "x,x,0.2", "x,x,0.9", "x,x,0.4")
    assert labels(path) == [None] * 3
    assert not any("marks" in line.text for line in check_data(str(path), ImportOptions()).lines)


def test_marks_in_annotations_of_sounds_are_labels(tmp_path: Path) -> None:
    text = "file,start,end,owl,crow\na.wav,0,1,x,\na.wav,1,2,,x\n"
    found = read_file(tmp_path, "a.csv", text)
    assert [a.label for a in found.annotations] == ["owl", "crow"]
