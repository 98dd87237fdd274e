"""Empty columns and empty arrays of labels, and row numbers that must not become labels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from lodespace.importing.check import check_data
from lodespace.importing.detect import open_source
from lodespace.importing.source import ImportOptions, RawItem
from samples.pictures import draw


def doubts(path: Path, **options: Any) -> list[tuple[str, str]]:
    lines = check_data(str(path), ImportOptions(**options)).lines
    return [(line.text, line.option) for line in lines if line.doubtful]


def pictures(root: Path, *names: str) -> Path:
    root.mkdir(parents=True)
    for number, name in enumerate(names):
        draw(number).save(root / name)
    return root


def labels(path: Path, **options: Any) -> dict[str, str | None]:
    items = open_source(str(path), ImportOptions(**options))
    return {item.item_id: item.label for item in items if isinstance(item, RawItem)}


@pytest.mark.parametrize("cells", [["", "", "", ""], ["NaN", "", "NA", "None"]])
def test_an_empty_column_of_labels_is_doubtful(cells: list[str], tmp_path: Path) -> None:
    rows = "".join(f"{n},{n}.5,{cell},{'ab'[n % 2]}\n" for n, cell in enumerate(cells))
    (tmp_path / "t.csv").write_text("u,v,label,place\n" + rows)
    found = doubts(tmp_path / "t.csv", vector="u,v")
    empty = next(entry for entry in found if "column label" in entry[0])
    assert empty[0] in (
        "the column label is empty",
        "all values of the column label mean that a label is missing",
    )
    assert empty[1] == "--label place"


def test_an_empty_column_beside_pictures_is_doubtful(tmp_path: Path) -> None:
    root = pictures(tmp_path / "d", "a.png", "b.png", "c.png")
    (root / "t.csv").write_text("file,label\na.png,\nb.png,\nc.png,\n")
    assert ("t.csv: the column label is empty", "") in doubts(root)
    (root / "t.csv").write_text("file,label,species\na.png,,x\nb.png,,y\nc.png,,x\n")
    assert list(labels(root).values()) == ["x", "y", "x"]
    lines = [line.text for line in check_data(str(root), ImportOptions()).lines]
    text = "from the column species; the column label is empty in the first rows, and is not used"
    assert f"t.csv: {text}" in lines


def test_empty_labels_of_arrays_and_recordings_are_doubtful(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 3)), y=np.full(4, -1))
    found = doubts(tmp_path / "a.npz")
    assert any("all labels of the array are empty" in text for text, _ in found)
    root = tmp_path / "sounds"
    root.mkdir()
    for name in ("a", "b"):
        soundfile.write(root / f"{name}.wav", np.zeros(16_000, np.float32), 8000)
    (root / "t.csv").write_text("file,start,end,label\na.wav,0,1,\nb.wav,0,1,\n")
    assert any("t.csv: the column label has no label" in text for text, _ in doubts(root))


def test_numbers_of_rows_do_not_name_pictures_if_another_column_does(tmp_path: Path) -> None:
    names = [f"{n}.png" for n in range(1, 5)]
    root = pictures(tmp_path / "d", *names, "owl.png", "fox.png", "elk.png", "hare.png")
    words = ("owl", "fox", "elk", "hare")
    rows = "".join(f"{n},{word},{'ab'[n % 2]}\n" for n, word in enumerate(words, 1))
    (root / "t.csv").write_text("nr,animal,label\n" + rows)
    found = labels(root)
    assert [found[f"{word}.png"] for word in words] == ["b", "a", "b", "a"]
    assert {found[name] for name in names} == {None}


def test_numbers_of_rows_that_alone_name_pictures_are_doubtful(tmp_path: Path) -> None:
    root = pictures(tmp_path / "d", *(f"{n}.png" for n in range(1, 5)))
    (root / "t.csv").write_text("nr,label\n1,a\n2,b\n3,a\n4,b\n")
    assert list(labels(root).values()) == ["a", "b", "a", "b"]
    text = "t.csv: the numbers in the column nr are read as the names of the pictures, but they"
    assert (f"{text} may only count the rows", "--image COLUMN") in doubts(root)
    (root / "t.csv").write_text("image_id,label\n1,a\n2,b\n3,a\n4,b\n")
    assert doubts(root) == []
