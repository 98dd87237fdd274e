"""Several tables of one data set. Each table is a split, such as train.csv and test.csv."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lodespace.importing.check import check_data
from lodespace.importing.detect import open_source
from lodespace.importing.source import ImportOptions, RawItem
from samples.pictures import Import, draw


def rows(count: int, first: int = 0, *, label: bool = True) -> list[dict[str, Any]]:
    values = np.random.default_rng(first).random((count, 3)).round(3).tolist()
    return [
        {"id": first + n, **({"label": "ab"[n % 2]} if label else {})}
        | {f"f{k}": value for k, value in enumerate(values[n])}
        for n in range(count)
    ]


def write(path: Path, given: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(given), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in given))
    elif path.suffix == ".json":
        path.write_text(json.dumps(given))
    else:
        lines = [",".join(given[0]), *(",".join(map(str, row.values())) for row in given)]
        path.write_text("\n".join(lines) + "\n")


def items_of(root: Path, **options: Any) -> list[RawItem]:
    return [
        item
        for item in open_source(str(root), ImportOptions(**options))
        if isinstance(item, RawItem)
    ]


@pytest.mark.parametrize("suffix", ["csv", "tsv.gz", "jsonl", "json", "parquet"])
def test_train_and_test_are_splits_of_one_data_set(suffix: str, tmp_path: Path) -> None:
    root = tmp_path / "d"
    if suffix == "tsv.gz":
        suffix = "csv"
        write(root / "inner/train.csv", rows(6))
        write(root / "inner/test.csv", rows(4, 6, label=False))
    else:
        write(root / f"train.{suffix}", rows(6))
        write(root / f"test.{suffix}", rows(4, 6, label=False))
        (root / "readme.md").write_text("x")
    found = items_of(root)
    assert [item.split for item in found] == ["train"] * 6 + ["test"] * 4
    assert [item.label for item in found] == ["a", "b"] * 3 + [None] * 4
    assert [item.item_id for item in found] == [str(n) for n in range(10)]
    text = check_data(str(root), ImportOptions()).summary()
    assert "train (6), test (4)\n" in text
    assert "from the names of t" in text
    assert f"test.{suffix} has no column label" in text


def test_parquet_files_of_one_name_state_their_missing_columns(tmp_path: Path) -> None:
    write(tmp_path / "train/0.parquet", rows(6))
    write(tmp_path / "test/0.parquet", rows(4, 6, label=False))
    without = [{key: row[key] for key in row if key != "f2"} for row in rows(4, 10)]
    write(tmp_path / "val/0.parquet", without)
    text = check_data(str(tmp_path), ImportOptions()).summary()
    assert "0.parquet has no column label" in text
    assert "0.parquet has no column f2" in text


def test_ids_that_both_tables_count_get_the_split(tmp_path: Path, bring: Import) -> None:
    write(tmp_path / "d/train.csv", rows(3))
    write(tmp_path / "d/test.csv", rows(2))
    items, report = bring(tmp_path / "d")
    assert items.ids == ("0", "1", "2", "test/0", "test/1")
    assert report.bad == []
    assert "2 ids of an earlier table, with the split added" in report.summary()


def test_tables_that_are_not_read_are_named(tmp_path: Path) -> None:
    root = tmp_path / "d"
    write(root / "train.csv", rows(4))
    write(root / "test.csv", rows(4, 4, label=False))
    (root / "gender_submission.csv").write_text("id,label\n4,a\n5,b\n")
    lines = check_data(str(root), ImportOptions()).lines
    assert any(line.doubtful and "not read: gender_submission.csv" in line.text for line in lines)
    text = check_data(str(root / "train.csv"), ImportOptions()).summary()
    assert "test.csv beside it is not read; give the folder to read all splits" in text


def test_tables_with_other_columns_are_not_joined(tmp_path: Path) -> None:
    root = tmp_path / "d"
    write(root / "train.csv", rows(4))
    (root / "test.csv").write_text("when,who,what\n1,2,3\n3,4,5\n")
    with pytest.raises(Exception, match="holds several tables or arrays; give one of them"):
        open_source(str(root), ImportOptions())


def test_parquet_files_with_other_columns_are_named(tmp_path: Path) -> None:
    root = tmp_path / "d"
    write(root / "a.parquet", rows(4))
    write(root / "b.parquet", [{"licence": "x", "author": "y"}])
    text = check_data(str(root), ImportOptions()).summary()
    assert "not read, because the columns differ: b.parquet" in text
    assert len(items_of(root)) == 4


def test_pictures_get_the_split_of_their_table(tmp_path: Path) -> None:
    root = tmp_path / "d"
    (root / "images").mkdir(parents=True)
    for number in range(5):
        draw(number).save(root / f"images/{number}.png")
    (root / "train.csv").write_text("image,label\n0.png,a\n1.png,b\n2.png,a\n")
    (root / "test.csv").write_text("image\n3.png\n4.png\n")
    found = items_of(root)
    assert [item.split for item in found] == ["train"] * 3 + ["test"] * 2
    assert [item.label for item in found] == ["a", "b", "a", None, None]
    text = check_data(str(root), ImportOptions()).summary()
    assert "from the names of the tables" in text


def test_tables_without_names_of_columns_keep_label_and_pixels(tmp_path: Path) -> None:
    root = tmp_path / "d"
    (root / "lists").mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (12, 64)).tolist()
    for name in ("mnist_train", "mnist_test"):
        lines = (",".join(map(str, [n % 3, *row])) for n, row in enumerate(pixels))
        (root / f"{name}.csv").write_text("\n".join(lines) + "\n")
        (root / f"lists/{name}.txt").write_text("see the paper\n")
    source = open_source(str(root), ImportOptions())
    assert source.kind == "image"
    assert [item.label for item in source if isinstance(item, RawItem)] == ["0", "1", "2"] * 8
