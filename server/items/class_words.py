"""Suggested class names for people without a keyboard: frequent texts in the item table."""

import pyarrow as pa
import pyarrow.compute as pc

from lodespace.items.item_set import ItemSet
from lodespace.items.table import OTHER_LABELS, ItemTable

MAX_WORDS = 140
"""Largest number of words: 20 pages of the palette in VR."""
MAX_LENGTH = 40
"""Largest number of characters of a word. Longer texts are descriptions."""
MAX_DIFFERENT = 200
"""Largest number of distinct values in a column whose values can name classes."""
MAX_ROWS = 100_000
"""Number of rows that are read of each column, in about 10 ms."""
MAX_COLUMNS = 300
"""Number of columns that are read. A table may have 30,000."""


def class_words(items: ItemSet) -> list[str]:
    """Return names for classes from the columns of the source, without duplicates.

    A column is used if it has texts with few distinct values: at most MAX_DIFFERENT, and at most
    half as many as all values. The column with the fewest distinct values comes first. Within a
    column, the most frequent value comes first.
    """
    if items.table is None:
        return []
    columns = [
        words
        for name in [OTHER_LABELS, *items.table.columns[:MAX_COLUMNS]]
        if (words := _words(items.table, name))
    ]
    columns.sort(key=len)
    found = dict.fromkeys(word for words in columns for word in words)
    return list(found)[:MAX_WORDS]


def _words(table: ItemTable, name: str) -> list[str]:
    """Return the words of a column, most frequent first; [] if the column cannot name classes."""
    if name not in table.table.column_names:
        return []
    column = table.table[name].slice(0, MAX_ROWS)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return []
    if name == OTHER_LABELS:
        lists = pc.call_function("split_pattern", [column], pc.SplitPatternOptions("|"))
        column = pc.call_function("list_flatten", [lists])
    counted = column.drop_null().value_counts()
    values: list[str] = counted.field("values").to_pylist()
    counts: list[int] = counted.field("counts").to_pylist()
    if not 1 < len(values) <= min(MAX_DIFFERENT, sum(counts) // 2):
        return []
    ordered = sorted(zip((-count for count in counts), values, strict=True))
    words = [" ".join(value.split()) for _, value in ordered]
    return [word for word in words if _is_name(word)]


def _is_name(word: str) -> bool:
    """Whether a word can name a class: a short text with a letter, which is not a path."""
    return len(word) <= MAX_LENGTH and any(map(str.isalpha, word)) and not {"/", "\\"} & set(word)
