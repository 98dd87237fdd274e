"""Exports of many items are written in parts. They have the same content as when written at once,
and few rows are Python objects at a time."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lodespace.exporting import label_studio, npz_file
from lodespace.exporting import table as module
from lodespace.exporting.table import Table, as_csv, as_jsonl, as_parquet, csv_parts, jsonl_parts
from lodespace.items.item_ids import ItemIds
from lodespace.items.item_set import ItemSet
from lodespace.items.original_order import OriginalOrder
from lodespace.items.table import ID, ItemTable
from lodespace.session.label_history import GestureRecord

N = 25


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    """A table of 25 items, of which the last 5 are labelled, in parts of 10."""
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(npz_file, "ROWS_AT_ONCE", 10)
    columns = {ID: [f"item-{i}" for i in range(N)], "price": [None] * 20 + [1.5] * 5}
    items = ItemSet(
        "many", "vector", np.zeros((N, 2), np.float32), table=ItemTable(pa.table(columns))
    )
    labelled = np.arange(N) >= 20
    gesture = GestureRecord(
        number=1,
        class_id=0,
        items=np.arange(20, N, dtype=np.uint32),
        client="anna",
        at=12.5,
        revision=3,
        tool="lasso",
    )
    return Table(
        original=OriginalOrder(items),
        class_names={0: "cat", -1: ""},
        labels=np.where(labelled, 0, -1).astype(np.int16),
        owner=labelled.astype(np.int64),
        verified=labelled,
        predictions=np.zeros(N, np.int16),
        confidence=np.linspace(0, 1, N),
        latent_mean=np.random.default_rng(0).normal(size=(N, 3)),
        gestures={1: gesture},
    )


def test_parts_of_a_csv_file_are_the_file(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = list(csv_parts(table))
    assert len(parts) == 3
    rows = list(csv.DictReader(io.StringIO("".join(parts))))
    assert [row["id"] for row in rows] == [f"item-{i}" for i in range(N)]
    assert [row["item"] for row in rows] == [str(i) for i in range(N)]
    assert rows[24]["price"] == "1.5" and rows[24]["labelled_by"] == "anna"
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 1000)
    assert as_csv(table) == "".join(parts)


def test_parts_of_json_lines_are_the_file(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = list(jsonl_parts(table))
    assert len(parts) == 3
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 1000)
    assert as_jsonl(table) == "".join(parts)


def test_a_column_that_is_empty_in_a_part_keeps_its_type(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pq.read_table(io.BytesIO(as_parquet(table)))
    assert found["labelled_at"].to_pylist() == [None] * 20 + [12.5] * 5
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 1000)
    assert pq.read_table(io.BytesIO(as_parquet(table))).equals(found)


def test_npz_has_all_items(table: Table) -> None:
    with np.load(io.BytesIO(npz_file.as_npz(table))) as found:
        assert found["ids"].tolist() == [f"item-{i}" for i in range(N)]
        assert found["y"].tolist() == [""] * 20 + ["cat"] * 5


def test_tasks_are_written_one_by_one(table: Table) -> None:
    parts = list(label_studio.json_parts(table))
    assert len(parts) == N + 1
    tasks = json.loads("".join(parts))
    assert [task["data"]["id"] for task in tasks] == [f"item-{i}" for i in range(N)]
    # The same text as when all tasks are written at once.
    assert label_studio.as_json(table).decode() == json.dumps(tasks, indent=1) + "\n"
    silent = OriginalOrder(replace(table.items, kind="sound", table=None))
    sounds = replace(table, original=silent)
    assert json.loads(label_studio.as_json(sounds)) == []


def test_ids_are_read_when_they_are_used() -> None:
    numbers = ItemIds(1_000_000_000, None)
    assert (len(numbers), numbers[7], numbers[-1]) == (10**9, "7", "999999999")
    assert numbers[5:8] == ["5", "6", "7"]
    column = pa.chunked_array([["a", "b"], ["c"]])
    texts = ItemIds(3, column)
    assert (list(texts), texts[2], texts[1:], texts[::2]) == (
        ["a", "b", "c"],
        "c",
        ["b", "c"],
        ["a", "c"],
    )
    assert texts == ("a", "b", "c") and texts != ("a", "b") and texts != ["a", "b", "d"]
    assert texts.index("c") == 2 and "d" not in texts
    with pytest.raises(IndexError):
        texts[3]


def test_a_file_is_written_part_by_part(tmp_path: Path) -> None:
    from lodespace.exporting import formats

    formats._write(tmp_path / "a.csv", iter(["one\n", "two\n"]))
    assert (tmp_path / "a.csv").read_text() == "one\ntwo\n"
