"""Texts as items: the column, their vectors, contact sheets, predictions for new texts."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lodespace.errors import DatasetError
from lodespace.features import minilm, registry
from lodespace.importing import text_vectors
from lodespace.importing.check import check_data
from lodespace.importing.importer import import_data
from lodespace.importing.reading import Reading
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.importing.tables.table import Table
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet
from lodespace.items.table import ItemTable
from lodespace.items.texts import text_column
from lodespace.models.portable import Predicted
from lodespace.predict import process_main
from lodespace.predict.predictor import Predictor
from lodespace.predict.project_model import reading_of
from lodespace.protocol import Predict, Sheet, SheetItem
from lodespace.review.captions import LONGEST, with_texts

SENTENCES = {
    "weather": "It will {} in the northern hills this {}",
    "cooking": "Stir the {} soup and serve it in the {}",
    "sport": "The {} team lost its match in the {}",
}
WORDS = ("rain", "warm", "young", "snow", "late", "old", "thick", "cold")
TIMES = ("morning", "evening", "winter", "summer")


def rows() -> list[dict[str, str]]:
    """Texts of three topics, in turn."""
    return [
        {"text": sentence.format(word, time), "topic": topic, "place": f"p{len(word)}"}
        for word in WORDS
        for time in TIMES
        for topic, sentence in SENTENCES.items()
    ]


def write(path: Path, table: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return path


def imported(data: Path, target: Path, **options: object) -> tuple[ItemSet, ImportReport]:
    report = import_data(str(data), target, ImportOptions(**options))  # type: ignore[arg-type]
    return item_set.load(target), report


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the network: the vector of a text is (its length, 1)."""

    def write_vectors(folder: Path, column: str, name: str, *, progress: bool) -> str:
        texts = ItemTable.read(folder / item_set.TABLE).column(column)
        np.save(folder / item_set.VECTORS, np.array([[len(t), 1] for t in texts], np.float32))
        return "hash"

    monkeypatch.setattr(text_vectors, "write_text_vectors", write_vectors)


@pytest.mark.usefixtures("lengths")
def test_a_column_of_sentences_becomes_the_items(tmp_path: Path) -> None:
    table = rows()
    table[4]["text"], table[5]["text"] = " ", ""
    items, report = imported(write(tmp_path / "t.csv", table), tmp_path / "a", label="topic")
    lines = {line.text for line in report.lines}
    assert "94 texts" in lines and "the texts of the column text" in lines
    assert [bad.reason for bad in report.bad] == ["the row has no text"] * 2
    assert items.kind == "vector" and items.details["text"] == "text"
    kept = [row for row in table if row["text"].strip()]
    assert items.data[:, 0].tolist() == [len(row["text"]) for row in kept]
    assert items.table is not None and items.table.columns == ["text", "place"]
    assert items.table.value("text", 4) == kept[4]["text"]
    assert items.matching("northern") == [i for i, r in enumerate(kept) if "northern" in r["text"]]
    # One scale for all numbers, so that their proportions stay.
    assert items.standardisation is not None
    assert items.standardisation[1, 0] == items.standardisation[1, 1]


@pytest.mark.usefixtures("lengths")
def test_the_option_names_the_column_of_the_texts(tmp_path: Path) -> None:
    table = [{**row, "note": row["topic"], "size": "3"} for row in rows()]
    path = write(tmp_path / "t.csv", table)
    items, _ = imported(path, tmp_path / "a", text="note", label="topic")
    assert items.details["text"] == "note"
    assert items.data[:, 0].tolist() == [len(row["topic"]) for row in table]
    with pytest.raises(DatasetError, match="no column 'words'"):
        imported(path, tmp_path / "b", text="words")
    numbers = [{"text": "one", "a": str(i), "b": "1", "c": "2"} for i in range(9)]
    items, _ = imported(write(tmp_path / "n.csv", numbers), tmp_path / "c")
    assert "text" not in items.details, "single words are not texts"


@pytest.mark.usefixtures("lengths")
def test_bytes_and_lists_are_read_as_their_texts(tmp_path: Path) -> None:
    cells = {"bytes": [b"Gr\xc3\xbc\xc3\x9fe", b"\xff two"], "list": [["one", "two"], ["three"]]}
    pq.write_table(pa.table(cells), tmp_path / "t.parquet")
    for column, texts in {"bytes": ["Grüße", "\ufffd two"], "list": ["one\ntwo", "three"]}.items():
        items, _ = imported(tmp_path / "t.parquet", tmp_path / column, text=column)
        assert items.table is not None and items.table.column(column) == texts
        source = Table(tmp_path / "t.parquet", ImportOptions(text=column))
        assert [item.text for item in source if isinstance(item, RawItem)] == texts


@pytest.mark.usefixtures("lengths")
def test_texts_beside_numbers_are_reported_with_the_option(tmp_path: Path) -> None:
    table = [{**row, "stars": str(i % 5), "price": str(i)} for i, row in enumerate(rows())]
    path = write(tmp_path / "t.csv", table)
    _, report = imported(path, tmp_path / "a", label="topic")
    assert "--text text" in [line.option for line in report.lines]
    _, report = imported(path, tmp_path / "b", label="topic", vector="stars,price")
    assert "--text text" not in [line.option for line in report.lines]


def test_only_the_beginning_of_a_text_reaches_the_network() -> None:
    class Network:
        def encode(self, texts: list[str], **_: object) -> np.ndarray:
            return np.array([[len(text)] for text in texts], np.float32)

    read = minilm.Reader(Network(), "").features(["short", "x" * 10_000_000])
    assert read[:, 0].tolist() == [5, minilm.MOST_CHARACTERS]


def test_without_the_extra_the_message_has_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = registry.OF_TEXTS[0].__class__(**{**vars(registry.OF_TEXTS[0]), "modules": ("no",)})
    monkeypatch.setattr("lodespace.importing.tables.text_column.OF_TEXTS", (missing,))
    path = write(tmp_path / "t.csv", rows())
    with pytest.raises(DatasetError, match=r"column text has texts.*install 'lodespace\[text\]'"):
        imported(path, tmp_path / "a")
    with pytest.raises(DatasetError, match=r"not installed.*pip install 'lodespace\[text\]'"):
        imported(path, tmp_path / "b", text="text")


def sheet_of(*items: int) -> Sheet:
    shown = [
        SheetItem(i, class_id=-1, prediction=-1, confidence=0, doubt=0, proposed=-1, group=0)
        for i in items
    ]
    return Sheet(kind="overview", items=shown, groups=[], total=9, expected_wrong=None)


@pytest.mark.usefixtures("lengths")
def test_a_sheet_has_the_beginning_of_each_text(tmp_path: Path, small_data: Path) -> None:
    long = " ".join(["word"] * 60)
    table = [{"text": "Two\n  lines here", "y": "a"}, {"text": long, "y": "b"}]
    items, _ = imported(write(tmp_path / "t.csv", table), tmp_path / "a", text="text")
    first, second = (one.text for one in with_texts(sheet_of(0, 1), items).items)
    assert first == "Two lines here" and text_column(items) == "text"
    assert LONGEST - 6 < len(second) <= LONGEST and second.endswith("word…")
    others, _ = imported(small_data, tmp_path / "b")
    assert with_texts(sheet_of(0), others) == sheet_of(0) and text_column(others) == ""


class Recorded:
    """Stands for the model of a project, and keeps the vectors that it receives."""

    class_names = ("a",)
    given_features = 0

    def __init__(self, items: ItemSet) -> None:
        self.description = {"data": reading_of(items)}
        self.vectors = np.zeros((0, 0), np.float32)

    def predict(self, vectors: np.ndarray, features: None) -> Predicted:
        self.vectors = vectors
        ones = np.ones(len(vectors))
        return Predicted(["a"] * len(vectors), ones.astype(np.int64), ones, ones[:, None])


@pytest.mark.slow
def test_the_packaged_network_separates_topics_and_needs_no_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    """With --slow, the network also computes the vectors of new texts, in this process."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # any request would fail
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    path = write(tmp_path / "t.csv", rows())
    items, report = imported(path, tmp_path / "a", label="topic")
    assert any(line.text == "384 numbers by the pretrained network minilm" for line in report.lines)
    vectors = np.asarray(items.data)
    assert vectors.shape == (96, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    near = vectors @ vectors.T - 2 * np.eye(96)
    assert items.truth is not None
    assert (items.truth[near.argmax(1)] == items.truth).mean() > 0.95
    if not slow:
        return
    model: Any = Recorded(items)
    assert len(Predictor(model).predict(str(path)).classes) == 96
    np.testing.assert_allclose(model.vectors, vectors, atol=1e-5)


def test_options_that_do_not_fit_are_refused_before_the_texts_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_vectors, "write_text_vectors", pytest.fail)
    path = write(tmp_path / "t.csv", rows())
    with pytest.raises(DatasetError, match="these items are texts"):
        imported(path, tmp_path / "a", features="efficientnet-lite0")
    for features in ("nosuch", "efficientnet-lite0"):
        with pytest.raises(DatasetError, match=f"--features {features}"):
            check_data(str(path), ImportOptions(features=features))


def test_a_request_with_pictures_of_texts_names_the_command(tmp_path: Path) -> None:
    reading = Reading("vector", None, {"text": "text"})
    predictor: Any = SimpleNamespace(reading=reading, computes_features=False)
    with pytest.raises(ValueError, match="lodespace predict"):
        process_main.items_of(Predict(pictures=["aGk="]), predictor)
    vectors, _ = process_main.items_of(Predict(vectors=[[0.5, 1.0]]), predictor)
    assert vectors.tolist() == [[0.5, 1.0]]
