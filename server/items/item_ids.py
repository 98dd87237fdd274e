"""The ids of all items, without a Python object per item."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE = 10_000
"""Number of ids that are Python objects at a time."""


class ItemIds(Sequence[str]):
    """The id per item: from a column of the table of items, or else the item's number."""

    def __init__(self, n: int, column: "pa.ChunkedArray | None") -> None:
        """Give access to the ids of `n` items.

        `column` has the ids. If it is None, the id of each item is its number.
        """
        self._n = n
        self._column = column

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            first, last, step = index.indices(self._n)
            if self._column is not None and step == 1:
                return self._column.slice(first, max(0, last - first)).to_pylist()
            return [self[number] for number in range(first, last, step)]
        number = range(self._n)[index]  # raises IndexError
        return str(number) if self._column is None else self._column[number].as_py()

    def __iter__(self) -> Iterator[str]:
        for first in range(0, self._n, _AT_ONCE):
            yield from self[first : first + _AT_ONCE]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(
            one == another for one, another in zip(self, other, strict=True)
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]
