"""Arrays as sources: pictures or vectors with labels and ids, from files or from Python."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.importing.arrays.array_labels import ArrayLabels
from lodespace.importing.finding import Finding
from lodespace.importing.source import RawItem
from lodespace.importing.value_range_option import asked_ranges, range_finding
from lodespace.items.errors import BadItem, ItemError
from lodespace.items.value_range import Range, Spans, ValueSample, to_bytes

Blocks = Callable[[], Iterator[npt.NDArray[Any]]]
"""Function that yields an array in blocks of items. Each call starts again at the first item."""

_SPANS = 200
"""Approximate number of pictures whose range of values is compared with the range of the data set.
"""


class ArrayItems:
    """Items of an array: pictures (N, H, W), (N, H, W, C) or (N, C, H, W); or vectors (N, F).

    Pictures are converted to uint8, with one range for all pictures (value_range.py).
    """

    root = None
    labels_given = True

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: "np.dtype[Any]",
        blocks: Blocks,
        labels: npt.NDArray[Any] | None = None,
        ids: Sequence[str] = (),
        class_names: Sequence[str] = (),
        *,
        splits: Sequence[tuple[str, int]] = (),
        findings: Sequence[Finding] = (),
        missing: str | None = None,
    ) -> None:
        """Check shape, labels and ids.

        Args:
            name: Name of the data set.
            shape: Shape of the array.
            dtype: Type of the numbers.
            blocks: Yields the array in blocks of items (`Blocks`).
            labels: One label per item, (N,) or (N, 1), or 0 and 1 per class, (N, K). None: there
                are no labels.
            ids: Id of each item. Empty: the numbers of the items.
            class_names: Names of the classes 0, 1, ... Empty: the numbers are the names.
            splits: Name and number of items of each split, in the order of the items.
            findings: Findings on how the arrays were found.
            missing: Labels that mean a missing value (label_text.py).

        Raises:
            DatasetError: The array has another shape or type, or labels or ids do not fit.
        """
        self.name = name
        self.blocks = blocks
        self.ids = ids
        self.splits, self.found = splits, findings
        if not (
            np.issubdtype(dtype, np.floating)
            or np.issubdtype(dtype, np.integer)
            or dtype == np.bool_
        ):
            raise DatasetError(f"{name} has the type {dtype}; give an array of pictures or numbers")
        if 0 in shape[1:]:
            raise DatasetError(f"{name} has the shape {shape}, so it holds no numbers")
        self.shape = shape
        self.asked: Sequence[float] | str | None = None
        """Value of the option --range; None if the option is not given."""
        self.picture_shape = _picture_shape(name, shape)
        self.kind: Literal["image", "vector"] = "vector" if self.picture_shape is None else "image"
        self.count: int = shape[0]
        if len(ids) not in (0, self.count):
            raise DatasetError(
                f"{name} has {len(ids)} ids for {self.count} items; there must be one id per item"
            )
        self.labels = ArrayLabels(name, labels, self.count, class_names, missing)
        self.dtype = dtype
        self._sample = ValueSample(dtype, math.prod(shape))
        self._spans = Spans()
        self.scale = self._range(None)

    def set_range(self, asked: Sequence[float] | str | None) -> None:
        """Set the range of values from the option --range.

        The range does not apply to 8-bit pictures.

        Raises DatasetError.
        """
        if asked is not None:
            self.asked = asked
            self.scale = self._range(asked)

    def _range(self, asked: Sequence[float] | str | None) -> Range | None:
        """Return the numbers that become 0 and 255 in pictures; None if no number changes."""
        given = asked_ranges(asked)
        if self.kind == "vector" or self.dtype == np.uint8:
            return None
        if self.dtype == np.bool_:
            return 0.0, 1.0
        if isinstance(given, tuple):
            return given[0]
        self._sample = ValueSample(self.dtype, math.prod(self.shape))
        self._spans = Spans()
        chosen = np.random.default_rng(0)
        for block in self.blocks():
            self._sample.add(block)
            for picture in block[chosen.random(len(block)) * self.count < _SPANS]:
                self._spans.add(picture)
        try:
            return self._sample.range(given)
        except ItemError as error:
            raise DatasetError(f"{self.name} holds no finite number") from error

    @property
    def details(self) -> dict[str, Any]:
        return {} if self.scale is None else {"stretched_from": list(self.scale)}

    def class_names(self) -> Sequence[str]:
        return self.labels.names

    def picture_sizes(self, limit: int) -> Sequence[tuple[int, int]]:
        del limit
        return [self.picture_shape[:2]] if self.picture_shape is not None else []

    def findings(self) -> Sequence[Finding]:
        found = [*self.found, *self.labels.findings()]
        if self.kind == "vector":
            return found
        asked = self.asked is not None
        if self.scale is None:
            return [*found, range_finding([], asked=asked)]
        lost = () if self.asked == "full" else self._spans.lost(self.scale)
        marks = self._sample.marks
        return [*found, range_finding([self.scale], asked=asked, marks=marks, lost=lost)]

    def __iter__(self) -> Iterator[RawItem | BadItem]:
        number = 0
        splits = (split for split, count in self.splits for _ in range(count))
        for block in self.blocks():
            for row in block:
                item_id = self.ids[number] if len(self.ids) else str(number)
                labels = self.labels(number)
                item = RawItem(item_id, label=labels[0] if labels else None)
                item.other_labels = "|".join(labels[1:]) or None
                item.split = next(splits, None)
                item.numbered = not len(self.ids)
                if self.kind == "vector":
                    item.vector = partial(np.ascontiguousarray, row, np.float32)
                else:
                    item.picture = _Pixels(row, self.scale)
                yield item
                number += 1


class _Pixels:
    """Converts one picture to uint8 when called."""

    def __init__(self, row: npt.NDArray[Any], scale: Range | None) -> None:
        self.row, self.scale = row, scale

    def __call__(self, frame: tuple[int, int] | None = None) -> npt.NDArray[np.uint8]:
        del frame
        return as_bytes(self.row, self.scale)


def as_bytes(picture: npt.NDArray[Any], scale: Range | None) -> npt.NDArray[np.uint8]:
    """Return a picture as uint8, (H, W) or (H, W, 3).

    Args:
        picture: (H, W), (H, W, C) or (C, H, W). An alpha channel is dropped.
        scale: The two numbers that become 0 and 255. None: all numbers stay as they are.

    Raises:
        ItemError: A number is not finite.
    """
    if picture.ndim == 3 and picture.shape[2] not in (1, 3, 4):
        picture = np.moveaxis(picture, 0, 2)
    if picture.ndim == 3:
        picture = picture[..., 0] if picture.shape[2] == 1 else picture[..., :3]
    if scale is not None:
        if np.issubdtype(picture.dtype, np.floating) and not np.isfinite(picture).all():
            raise ItemError("the item holds NaN or infinity")
        picture = to_bytes(picture, scale)
    return np.ascontiguousarray(picture, np.uint8)


def _picture_shape(name: str, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return (H, W) of pictures, None for vectors. Raises DatasetError for any other shape."""
    match shape:
        case (_, _):
            return None
        case (_, height, width) if height > 1:
            return height, width
        case (_, height, width, 1 | 3 | 4):
            return height, width
        case (_, 1 | 3, height, width):
            return height, width
        case _:
            raise DatasetError(
                f"{name} has the shape {shape}; give pictures (N, H, W[, 3]) or vectors (N, F)"
            )


def from_arrays(
    name: str,
    items: npt.ArrayLike,
    labels: npt.ArrayLike | None = None,
    ids: npt.ArrayLike | None = None,
) -> ArrayItems:
    """Items from Python arrays, with labels (N,) and ids (N,). Raises DatasetError."""
    array = np.asarray(items)
    given = None if labels is None else np.asarray(labels)
    names = [] if ids is None else [str(i) for i in np.asarray(ids).tolist()]
    if array.dtype.hasobject or (
        given is not None and given.dtype.hasobject and not _all_texts(given)
    ):
        raise DatasetError(
            f"{name} is an array of Python objects; give numbers, pictures, or texts"
        )
    if given is not None and given.dtype.hasobject:
        given = np.array([value or "" for value in given.ravel().tolist()]).reshape(given.shape)
    if array.ndim == 0:
        raise DatasetError(f"{name} is a single value; give an array with one row per item")
    return ArrayItems(name, array.shape, array.dtype, lambda: iter([array]), given, names)


def _all_texts(values: npt.NDArray[Any]) -> bool:
    """Whether each value is a text or None."""
    return all(isinstance(value, str | None) for value in values.ravel().tolist())
