"""Ranks of the items by a column, by which the page sorts a table."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lodespace.items.column_values import column_values, natural_order
from lodespace.items.item_set import ItemSet

NO_VALUE = 0xFFFFFFFF
"""Rank of an item without a value: after all others."""


def ranks(items: ItemSet, name: str | None) -> npt.NDArray[np.uint32] | None:
    """Return the rank of each item, (N,).

    Items are ranked by the column `name`, or by their ids if `name` is None. Equal values have
    equal ranks. Numbers and dates are ranked by their value, texts in natural order: "S2" comes
    before "S10". Returns None if there is no such column, or if its values cannot be ranked.
    """
    if name is None:
        return _of_texts(list(items.ids))
    table = items.table
    if table is None or name not in table.columns:
        return None
    values = column_values(table, name)
    if values is not None:
        return _of_numbers(values.numbers)
    try:
        texts = table.table[name].cast(pa.string()).to_pylist()
    except pa.ArrowException:
        return None
    return _of_texts(texts)


def _of_numbers(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.uint32]:
    out = np.full(len(numbers), NO_VALUE, np.uint32)
    known = ~np.isnan(numbers)
    _, out[known] = np.unique(numbers[known], return_inverse=True)
    return out


def _of_texts(texts: list[str | None]) -> npt.NDArray[np.uint32]:
    distinct = sorted(
        {text for text in texts if text}, key=lambda text: (natural_order(text), text)
    )
    place = {text: k for k, text in enumerate(distinct)}
    return np.array([place[text] if text else NO_VALUE for text in texts], np.uint32)
