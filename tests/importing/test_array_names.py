"""Files with several arrays: the choice of items and labels by array name, and label values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_labels import ArrayLabels
from lodespace.importing.arrays.npz_file import choose_members
from lodespace.importing.source import ImportOptions
from samples.pictures import Import

PICTURES, VECTORS, ONE = (6, 8, 8), (6, 5), (6,)


@pytest.mark.parametrize(
    ("shapes", "items", "labels"),
    [
        ({"X": VECTORS, "y": ONE, "data": VECTORS}, ["X"], ["y"]),
        ({"x": VECTORS, "labels": (6, 1)}, ["x"], ["labels"]),
        ({"images": PICTURES, "targets": ONE, "target_names": (3,)}, ["images"], ["targets"]),
        ({"arr_0": PICTURES, "arr_1": ONE}, ["arr_0"], ["arr_1"]),
        ({"embeddings": VECTORS, "filenames": ONE}, ["embeddings"], []),
        ({"features": VECTORS, "classes": ONE}, ["features"], ["classes"]),
        ({"x_test": (2, 5), "y_test": (2,), "x_train": (4, 5), "y_train": (4,)},
         ["x_train", "x_test"], ["y_train", "y_test"]),
        ({"train_images": (4, 8, 8), "train_labels": (4, 1), "val_images": (1, 8, 8),
          "val_labels": (1, 1), "test_images": (1, 8, 8), "test_labels": (1, 1)},
         ["train_images", "val_images", "test_images"],
         ["train_labels", "val_labels", "test_labels"]),
        ({"XTrain": (4, 5), "XTest": (2, 5)}, ["XTrain", "XTest"], []),
    ],
)  # fmt: skip
def test_arrays_are_found_by_their_usual_names(
    shapes: dict[str, tuple[int, ...]], items: list[str], labels: list[str]
) -> None:
    found = choose_members(shapes, ImportOptions())
    assert found is not None
    assert (found.items, found.labels) == (items, labels)
    assert found.doubts == []


def test_other_names_are_doubtful_and_options_name_arrays() -> None:
    shapes = {"stack": PICTURES, "emb": VECTORS, "kind": ONE}
    found = choose_members(shapes, ImportOptions())
    assert found is not None
    assert (found.items, found.labels) == (["stack"], [])
    assert [f.option for f in found.doubts] == ["--image emb", "--label kind"]
    found = choose_members(shapes, ImportOptions(vector="emb", label="kind"))
    assert found is not None
    assert (found.items, found.labels, found.doubts) == (["emb"], ["kind"], [])
    with pytest.raises(DatasetError, match="no array 'z'"):
        choose_members(shapes, ImportOptions(label="z"))
    assert choose_members({"a": (3,), "b": ()}, ImportOptions()) is None


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ([[0, 1], [1, 0], [0, 0], [1, 1]], ["1", "0", None, "0"]),
        ([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]], ["1", "0", None, "0"]),
        ([[3], [1], [-1], [3]], ["3", "1", None, "3"]),
        ([b"a", b"", b"\xff", b"a "], ["a", None, "\\xff", "a"]),
        (["a", "NaN", "1.0", " b"], ["a", None, "1", "b"]),
        ([1.0, 2.5, np.nan, np.inf], ["1", "2.5", None, None]),
        ([True, False, True, False], ["True", "False", "True", "False"]),
    ],
)
def test_labels_of_every_usual_kind_become_class_names(
    labels: list[Any], wanted: list[str | None]
) -> None:
    read = ArrayLabels("a", np.array(labels), 4)
    assert [(read(i) or [None])[0] for i in range(4)] == wanted


def test_a_bar_in_a_class_name_stays() -> None:
    assert ArrayLabels("a", np.array([b"A|B", b"C"]), 2)(0) == ["A|B"]
    assert ArrayLabels("a", np.array(["A|B", "B|A"]), 2)(1) == ["B", "A"]


def test_names_of_classes_are_those_of_their_numbers() -> None:
    for labels in ([1, 0, 2, -1], [[0, 1], [1, 0], [1, 1], [0, 0]], [1.0, 0.0, 2.0, np.nan]):
        read = ArrayLabels("a", np.array(labels), 4, ("cat", "dog"))
        assert [read(0), read(1), read(3)] == [["dog"], ["cat"], []]
    assert not any("several labels" in f.text for f in read.findings())


def test_parts_are_imported_together_as_splits(tmp_path: Path, bring: Import) -> None:
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 256, (5, 6, 6), dtype=np.uint8)
    np.savez(
        tmp_path / "a.npz",
        x_test=whole[3:],
        y_test=np.array([[1], [0]]),
        x_train=np.asfortranarray(whole[:3]),
        y_train=np.array([[0], [1], [1]]),
        class_names=np.array(["cat", "dog"]),
    )
    items, report = bring(tmp_path / "a.npz")
    assert report.bad == []
    np.testing.assert_array_equal(items.data, whole)
    assert items.table is not None
    assert items.table.column("lodespace.split") == ["train"] * 3 + ["test"] * 2
    assert items.class_names == ("cat", "dog")
    assert items.truth is not None
    assert items.truth.tolist() == [0, 1, 1, 1, 0]


def test_arrays_of_any_order_are_read_with_labels_beside(tmp_path: Path, bring: Import) -> None:
    vectors = np.random.default_rng(0).random((7, 3))
    np.save(tmp_path / "X_train.npy", np.asfortranarray(vectors))
    np.save(tmp_path / "y_train.npy", np.array(["a", "b"] * 3 + [""]))
    items, _ = bring(tmp_path / "X_train.npy")
    np.testing.assert_allclose(items.data, vectors, rtol=1e-6)
    assert items.class_names == ("a", "b")


@pytest.mark.parametrize(
    ("numbers", "wanted", "doubt"),
    [
        ([1, 2, 3], ["a", "b", "c"], "from 1 to 3, so 1 is the class a"),
        ([1.0, 3.0, np.nan], ["a", "c", None], "1 is the class a"),
        ([0, 1, 2], ["a", "b", "c"], ""),
        ([0, 2, 3], ["a", "c", "3"], "without a class name: 3"),
        ([1, 2, -1], ["b", "c", None], "no label is 0, the class a"),
        ([2, 2, 1], ["c", "c", "b"], "no label is 0"),
    ],
)
def test_numbers_of_class_names_count_from_0_or_1(
    numbers: list[float], wanted: list[str | None], doubt: str
) -> None:
    labels = ArrayLabels("m", np.array(numbers), 3, ["a", "b", "c"])
    assert [next(iter(labels(i)), None) for i in range(3)] == wanted
    doubts = [f.text for f in labels.findings() if f.doubtful]
    assert (doubt in " ".join(doubts)) if doubt else not doubts


def test_a_background_without_items_and_columns_without_names() -> None:
    assert not ArrayLabels("m", np.array([1, 2]), 2, ["background", "a", "b"]).findings()
    hot = ArrayLabels("m", np.eye(3, dtype=int), 3, ["a", "b"])
    assert "in 3 columns, with 2 class names" in hot.findings()[-1].text
