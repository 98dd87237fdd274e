"""Items from whole tables: paths from other computers, ids, splits, thumbnails, new vectors."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.file_finder import FileFinder
from lodespace.importing.tables.table import Table
from lodespace.items.errors import BadItem, ItemError
from lodespace.predict.project_model import reading_of
from lodespace.predict.reading import read_batches
from samples.pictures import Import, draw, png, reasons


def test_paths_from_another_computer_find_their_files(tmp_path: Path) -> None:
    for name in ("img/cat/1.jpg", "img/dog/1.jpg", "img/dog/ABC.PNG", "2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        draw(1).save(tmp_path / name)
    find = FileFinder(tmp_path)
    for path, wanted in {
        "img/cat/1.jpg": "img/cat/1.jpg",
        "img\\cat\\1.jpg": "img/cat/1.jpg",
        "C:\\data\\img\\dog\\1.jpg": "img/dog/1.jpg",
        "/home/me/set/dog/1.jpg": "img/dog/1.jpg",
        "file:///home/me/2.png": "2.png",
        "abc": "img/dog/ABC.PNG",
        "2": "2.png",
        "dog/1": "img/dog/1.jpg",
    }.items():
        assert find(path) == wanted.encode(), path
    assert (find.exact, find.by_end) == (1, 7)
    for name in ("train/3.png", "test_images/3.png"):
        (tmp_path / name).parent.mkdir()
        draw(1).save(tmp_path / name)
    assert FileFinder(tmp_path, "train_labels")("3") == b"train/3.png"
    assert FileFinder(tmp_path, "test")("3.png") == b"test_images/3.png"
    for path in ("1.jpg", "https://example.org/1.jpg"):
        with pytest.raises(ItemError, match=r"fits 2 files|web address"):
            find(path)
    assert find("none.jpg") == b"none.jpg"
    assert find("../../etc/passwd") == b"../../etc/passwd"
    assert [(f.doubtful, f.option) for f in find.findings()] == [
        (False, "--root FOLDER"),
        (True, "--root FOLDER"),
    ]


def test_a_row_does_not_get_the_file_of_another_row(tmp_path: Path) -> None:
    for name in ("cat/0.jpg", "cat/1.jpg", "set/owl/2.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        draw(1).save(tmp_path / name)
    rows = ["dog/0.jpg", "cat/0.jpg", "nope/1.jpg", "x/owl/2.jpg", "x/bat/2.jpg", "y/bat/2.jpg"]
    find = FileFinder(tmp_path, paths=lambda: rows)
    for path in ("dog/0.jpg", "x/bat/2.jpg", "y/bat/2.jpg"):
        with pytest.raises(
            ItemError, match=r"no file at this path; .* it may belong to another row"
        ):
            find(path)
    assert find("cat/0.jpg") == b"cat/0.jpg"
    assert find("x/owl/2.jpg") == b"set/owl/2.jpg"
    assert find("nope/1.jpg") == b"cat/1.jpg"  # no other row names it, so the folder may be renamed
    doubt = next(f.text for f in find.findings() if f.doubtful)
    assert (
        doubt == "1 path matched by the file name, but the folder differs (nope/1.jpg: cat/1.jpg)"
    )
    # Of rows with equally good paths, neither can be preferred.
    find = FileFinder(tmp_path, paths=lambda: ["a/0.jpg", "b/0.jpg"])
    with pytest.raises(ItemError, match="it may belong to another row"):
        find("a/0.jpg")


def test_equal_file_names_are_compared_once_per_folder(tmp_path: Path) -> None:
    paths = [f"train/p{i}/s1/view.jpg".encode() for i in range(300)]
    find = FileFinder(tmp_path)
    find._by_name = {"view.jpg": paths}
    compared: list[int] = []
    choose = find._best

    def counting(best: list[bytes], name: str) -> bytes | str:
        compared.append(len(best))
        return choose(best, name)

    find._best = counting
    for i in range(300):
        assert find(f"Data-v1/train/p{i}/s1/view.jpg") == paths[i]
        with pytest.raises(ItemError, match="fits 300 files"):
            find(f"elsewhere/p{i}/s1/x/view.jpg")
    assert sum(compared) == 600


def test_rows_with_pictures_keep_an_id_whatever_their_paths(tmp_path: Path, bring: Import) -> None:
    rows = [
        {"image": {"bytes": png(draw(i)), "path": f"{i % 3}.png"}, "label": "abc"[i // 3]}
        for i in range(9)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    items, report = bring(tmp_path / "t.parquet")
    assert report.bad == []
    assert items.class_names == ("a", "b", "c")
    assert items.ids == ("0.png", "1.png", "2.png", *(f"{i % 3}.png#{i}" for i in range(3, 9)))


def test_parquet_files_of_splits_give_the_split(tmp_path: Path, bring: Import) -> None:
    for name, start in (("train-00000-of-00001", 0), ("test-00000-of-00001", 3)):
        rows = [{"image": png(draw(start + i)), "label": "ab"[i % 2]} for i in range(3)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}.parquet")
    items, _ = bring(tmp_path)
    assert items.table is not None
    assert items.table.column("lodespace.split") == ["test"] * 3 + ["train"] * 3


def test_an_index_without_a_name_is_neither_split_nor_picture(
    tmp_path: Path, bring: Import
) -> None:
    for i in range(2):
        draw(i).save(tmp_path / f"{i}.png")
    (tmp_path / "t.csv").write_text(",path,label\n0,0.png,x\n1,1.png,y\n")
    items, _ = bring(tmp_path / "t.csv")
    assert items.table is not None
    assert items.table.column("lodespace.split") == [None, None]
    assert items.class_names == ("x", "y")


def test_an_odd_first_row_does_not_decide_the_length(tmp_path: Path, bring: Import) -> None:
    lengths, labels = [3, 2, 2, 2], ["b", "a|b", "a|b", "a"]
    rows = [
        {"vector": [0.0] * length, "label": label}
        for length, label in zip(lengths, labels, strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    items, report = bring(tmp_path / "t.parquet")
    assert items.ids == ("1", "2", "3")
    assert reasons(report) == {"0": "a vector of 3 numbers; most vectors have 2 numbers"}
    assert items.class_names == ("a",)
    assert items.table is not None
    assert items.table.column("lodespace.other_labels") == ["b", "b", None]


def test_thumbnails_are_shown_without_an_option(tmp_path: Path, bring: Import) -> None:
    for name in "abc":
        draw(0).save(tmp_path / f"{name}.png")
    lines = [f"{name}.png,{i},1,2" for i, name in enumerate(["a", "b", "c", "a", "none"])]
    lines.insert(0, "path,x0,x1,x2")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    items, report = bring(tmp_path / "t.csv", vector="x*")
    assert report.bad == []
    assert items.ids == ("a.png", "b.png", "c.png", "a.png#3", "none.png")
    assert items.pictures is not None
    assert (items.pictures[4] == 128).all()


def test_findings_of_a_table_state_how_it_was_read(tmp_path: Path) -> None:
    for i in range(3):
        draw(i).save(tmp_path / f"{i}.png")
    (tmp_path / "t.csv").write_text("file;art\nx\\0.png;a\nx\\1.png;NaN\nx\\9.png;a\n")
    source = Table(tmp_path / "t.csv", ImportOptions(label="art"))
    assert sum(not isinstance(item, BadItem) for item in source) == 3
    found = {(f.topic, f.text, f.doubtful) for f in source.findings() if f.topic != "values"}
    assert found == {
        ("columns", "separated by semicolons", False),
        ("labels", "from the column art", False),
        ("labels", "values without a label: NaN (1)", False),
        ("ids", "2 paths matched by the end (x\\0.png: 0.png)", False),
        ("ids", "1 path without a file", True),
        ("ids", "the paths", False),
    }


@pytest.mark.parametrize("form", ["names", "no names", "text"])
def test_rows_of_pixels_are_pictures(tmp_path: Path, bring: Import, form: str) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (6, 9, 9), dtype=np.uint8)
    flat = pictures.reshape(6, 81)
    names = ",".join(["label", *(f"pixel{i}" for i in range(81))])
    lines = [f"{i % 3}," + ",".join(map(str, row)) for i, row in enumerate(flat)]
    if form == "names":
        lines.insert(0, names)
    elif form == "text":
        lines = [f"{i % 3}," + " ".join(map(str, row)) for i, row in enumerate(flat)]
        lines.insert(0, "emotion,pixels")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    items, report = bring(tmp_path / "t.csv")
    assert (items.kind, report.bad) == ("image", [])
    np.testing.assert_array_equal(items.data, pictures)
    assert items.class_names == ("0", "1", "2")
    option = {"names": "pixel*", "no names": "column *", "text": "pixels"}[form]
    assert bring(tmp_path / "t.csv", vector=option)[0].kind == "vector"


def test_new_vectors_are_read_by_the_names_of_their_columns(tmp_path: Path, bring: Import) -> None:
    new = tmp_path / "new.csv"

    def vectors(text: str, **options: Any) -> list[list[float]]:
        new.write_text(text)
        found = ImportReport("new")
        source = open_new(str(new), reading, ImportOptions(**options))
        (batch,) = read_batches(source, reading, found, 10)
        return batch.array().tolist()

    (tmp_path / "t.csv").write_text("label,b,a,c\nx,1,2,3\ny,4,5,6\n")
    items, _ = bring(tmp_path / "t.csv")
    reading = Reading.of(reading_of(items))
    assert reading.details == {"vector_columns": ["b", "a", "c"]}
    assert vectors("c,a,b,d\n3,2,1,0\n") == [[1, 2, 3]]
    assert vectors("c,a,b\n3,2,1\n", vector="[abc]") == [[1, 2, 3]]
    assert vectors("x,y,z\n3,2,1\n", vector="y,z,x") == [[2, 1, 3]]
    with pytest.raises(DatasetError, match=r"1 of the 3 columns .* are missing: c\. "):
        vectors("a,b,d\n1,2,3\n")
    with pytest.raises(DatasetError, match="missing: b, a, c"):
        vectors("1,2,3\n1.5,2,3\n")
