"""Words of a table that can name classes."""

from dataclasses import replace

import pyarrow as pa

from lodespace.items.class_words import MAX_WORDS, class_words
from lodespace.items.item_set import load_digits
from lodespace.items.table import ID, OTHER_LABELS, ItemTable

N = 5000
"""Number of the bundled digits, whose table is replaced."""


def words_of(**columns: list[object]) -> list[str]:
    """Words of a table with a column of ids and these columns, repeated to N rows."""
    rows = {name: (values * N)[:N] for name, values in columns.items()}
    table = pa.table({ID: [str(k) for k in range(N)], **rows})
    return class_words(replace(load_digits(), table=ItemTable(table)))


def test_columns_with_few_texts_come_first_and_frequent_texts_lead() -> None:
    species = ["ladybird", "ladybird", "wasp", "bumblebee", None]
    colour = ["red", "red", "black"]
    assert words_of(species=species, colour=colour) == [
        "red",
        "black",
        "ladybird",
        "bumblebee",
        "wasp",
    ]


def test_numbers_paths_descriptions_and_unique_texts_are_left_out() -> None:
    unique = [f"item {k}" for k in range(N)]
    assert words_of(unique=unique) == []
    assert words_of(number=[1, 2, 3], text=["1", "2"], path=["a/b", "a/c"]) == []
    assert words_of(windows=["a\\b", "a\\c"], absolute=["/a", "/b"]) == []
    assert words_of(text=["a word", "a description " * 9]) == ["a word"]
    assert words_of(constant=["the same"]) == []


def test_repeated_and_spaced_words_are_listed_once() -> None:
    found = words_of(a=["left", "right"], b=["left", "up  and\tdown"])
    assert found == ["left", "right", "up and down"]
    both = pa.array(["cat|dog", "dog|bird"] * (N // 2))
    table = pa.table({ID: [str(k) for k in range(N)], OTHER_LABELS: both})
    items = replace(load_digits(), table=ItemTable(table))
    assert class_words(items) == ["dog", "bird", "cat"]


def test_dictionaries_are_words_and_the_number_of_words_is_limited() -> None:
    many = [f"class {k % (MAX_WORDS + 20):03}" for k in range(N)]
    column = pa.array(many).dictionary_encode()
    table = pa.table({ID: [str(k) for k in range(N)], "label": column})
    items = replace(load_digits(), table=ItemTable(table))
    assert class_words(items) == [f"class {k:03}" for k in range(MAX_WORDS)]


def test_items_without_a_table_have_no_words() -> None:
    assert class_words(replace(load_digits(), table=None)) == []
