"""The order of the items, if their numbers differ from their rows in the original data.

An import may number items in another order than that of the data (importing/renumbering.py). The
numbers are divided into *runs*. A run is a range of numbers. The items with these numbers are the
rows of the same range, in another order. A data set without an order has one run, in which the
number of an item is its row.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError

if TYPE_CHECKING:
    from lodespace.items.item_set import ItemSet


def check_order(order: npt.NDArray[Any], runs: Sequence[Any], n: int) -> None:
    """Raise DatasetError unless `order` and `runs` are a valid order of `n` items.

    Args:
        order: Row of each item in the original data.
        runs: Number of items per run.
        n: Number of items.
    """
    if order.dtype != np.int32 or order.shape != (n,):
        raise DatasetError(
            f"the order of the items must be int32 {(n,)}, not {order.dtype} {order.shape}"
        )
    if not all(isinstance(count, int) and count > 0 for count in runs) or sum(runs) != n:
        raise DatasetError(f"the runs must be numbers of items with the sum {n}, not {runs!r:.200}")
    first = 0
    for count in runs:
        rows = order[first : first + count].astype(np.int64) - first
        if rows.min() < 0 or rows.max() >= count or (np.bincount(rows, minlength=count) != 1).any():
            raise DatasetError(
                f"the order of the items from {first} to {first + count - 1} names a row twice, or "
                "names a row of another run"
            )
        first += count


def numbers_of(items: "ItemSet", rows: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the numbers of the items at `rows` of the original data, (K,).

    Raises IndexError if there is no such row.
    """
    found = np.asarray(rows, np.int64)
    if len(found) and (found.min() < 0 or found.max() >= len(items)):
        raise IndexError(f"an item does not exist; items are 0 to {len(items) - 1}")
    numbers = OriginalOrder(items).numbers
    return found if numbers is None else numbers[found]


class OriginalOrder:
    """The items in the order of the original data."""

    def __init__(self, items: "ItemSet") -> None:
        self._items = items
        self.numbers: npt.NDArray[np.int64] | None = None
        """Number of the item in each row of the data, (N,). None: the numbers are the rows."""
        if items.order is not None:
            self.numbers = np.empty(len(items), np.int64)
            self.numbers[items.order] = np.arange(len(items))

    @cached_property
    def items(self) -> "ItemSet":
        """The items. Pictures and vectors are not copied: an item is read when it is needed.

        The table and imported neighbours are reordered at the first use. For a million rows, the
        table takes about 1 s.
        """
        items, numbers = self._items, self.numbers
        if numbers is None:
            return items

        def reordered(array: Any) -> Any:
            return None if array is None else Reordered(array, numbers)

        return replace(
            items,
            data=reordered(items.data),
            truth=None if items.truth is None else items.truth[numbers],
            thumbnails=reordered(items.thumbnails),
            table=None if items.table is None else items.table.take(numbers),
            features=reordered(items.features),
            stamps=None if items.stamps is None else items.stamps[numbers],
            knn=None if items.knn is None else items.knn.numbered(numbers),
            order=None,
            runs=(),
        )


class Reordered:
    """An array (N, ...) in another order. Items are read from the array when they are needed."""

    def __init__(self, array: npt.NDArray[Any], numbers: npt.NDArray[np.int64]) -> None:
        """Show `array` with item `numbers[i]` in place i."""
        self._array = array
        self._numbers = numbers
        self.shape = array.shape
        self.dtype = array.dtype
        self.ndim = array.ndim

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: Any) -> npt.NDArray[Any]:
        return self._array[self._numbers[index]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        del copy  # the result is always a copy
        return cast(Any, self._array[self._numbers].astype(dtype or self.dtype, copy=False))
