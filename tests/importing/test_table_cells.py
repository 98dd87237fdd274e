"""The cells of a table: vectors and labels in the spellings that programs write."""

from typing import Any

import numpy as np
import pytest

from lodespace.importing.annotations.column_names import plain_name
from lodespace.importing.label_text import LabelReader
from lodespace.importing.tables.cells import is_vector, vector_of
from lodespace.items.errors import ItemError


@pytest.mark.parametrize(
    "text",
    [
        "[0.5, 1.0, -2.0]",
        "[ 0.5  1.\n -2. ]",
        "0.5 1 -2",
        "0.5,1,-2",
        "(0.5, 1, -2)",
        "tensor([0.5000, 1.0000, -2.0000], dtype=torch.float64)",
        "array([0.5, 1. , -2. ])",
    ],
)
def test_vectors_are_read_from_every_usual_text(text: str) -> None:
    assert is_vector(text)
    np.testing.assert_array_equal(vector_of(text), np.array([0.5, 1, -2], np.float32))


def test_long_texts_of_cells_and_names_take_linear_time() -> None:
    # With quadratic time, this test would take an hour.
    assert not is_vector("array(" + ",dtype=" * 200_000)
    assert not is_vector("array(" + ",dtype=x" * 200_000 + ")")
    assert plain_name("a" + "( " * 300_000)[1] == 1.0


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "word", "[0.1 0.2 ... 0.9]", "[1, [2]]", "[a, b]", "2024-05-01 x"]
)
def test_other_texts_are_not_vectors(text: str) -> None:
    with pytest.raises(ItemError):
        vector_of(text)


@pytest.mark.parametrize(
    "missing", ["NaN", "nan", "NA", "N/A", "null", "None", "<NA>", "", " ", None]
)
def test_spellings_of_a_missing_value_are_not_classes(missing: str | None) -> None:
    assert LabelReader()(missing) == []


def test_labels_are_trimmed_and_whole_numbers_are_one_class() -> None:
    read = LabelReader()
    assert [
        read(value) for value in (" cat", "cat ", "1.0", 1.0, 1, b"1", "1.50", "Cat", "none")
    ] == [
        *[["cat"]] * 2,
        *[["1"]] * 4,
        ["1.50"],
        ["Cat"],
        ["none"],
    ]
    options = [(f.doubtful, f.option) for f in read.findings()]
    assert options == [(True, "--missing none")]
    assert LabelReader("none,x")("none") == []
    assert LabelReader("")("NaN") == ["NaN"]


def test_objects_in_json_give_the_name_or_the_marked_keys() -> None:
    read = LabelReader()
    assert read({"id": 0, "name": "dog"}) == ["dog"]
    assert read([{"label": "dog", "score": 0.5}, {"label": "cat", "score": 0.5}]) == ["dog", "cat"]
    assert read({"cat": 0, "dog": 1, "owl": 1}) == ["dog", "owl"]
    assert read({"cat": 0, "dog": 0}) == []


@pytest.mark.parametrize(
    "value",
    ["a|b", ["a", "b"], "['a', 'b']", '["a", "b"]', "['a' 'b']", "a;b", ["a", "", "b", "a"]],
)
def test_of_several_labels_the_first_is_the_class(value: Any) -> None:
    read = LabelReader(separators="|;")
    assert read(value) == ["a", "b"]
    assert ["several labels" in f.text for f in read.findings()] == [True]
    assert LabelReader()("a;b, c") == ["a;b, c"]
