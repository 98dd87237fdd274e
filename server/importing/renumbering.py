"""New numbers for the items of a data set, along a curve through their features (curve_order.py).

Neighbours then have similar numbers, and are close to each other in memory: the search for
neighbours takes less time, and gestures take less space (docs/performance.md has figures).
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lodespace.errors import DatasetError
from lodespace.files import reason_of
from lodespace.importing.curve_order import Rows, curve_order
from lodespace.importing.precomputed_knn import write_knn
from lodespace.items import item_set
from lodespace.items.item_set import ItemSet

LEAST_ITEMS = 200_000
"""With fewer items, the numbers are the rows of the data, because other numbers gain too little:
with 100,000 items, gestures are 1.2 times smaller (benchmarks/item_order.py)."""
_BYTES_AT_ONCE = 16 << 20
"""Number of bytes of an array that are written at a time."""
_SIDE = 7
"""Pictures are reduced to this side, in pixels, for their principal components."""


def renumber(folder: Path, order: npt.NDArray[np.integer] | None = None) -> None:
    """Number the items of the data set in `folder`, which no process has open.

    Without `order`, a data set of fewer than LEAST_ITEMS items keeps its numbers. It also keeps
    them if the disk has no room for a second copy of an array, or if rows of the table cannot be
    reordered.

    Args:
        folder: The data set, whose numbers are the rows of the data.
        order: Row of each item, (N,), to reproduce earlier numbers. None: along the curve.

    Raises:
        DatasetError: The files cannot be written, or `order` does not fit.
    """
    items = item_set.load(folder)
    if items.order is not None:
        raise DatasetError(f"{folder}: the items were renumbered before")
    if order is None:
        if len(items) < LEAST_ITEMS or not _has_room(items, folder):
            return
        order = curve_order(*_features(items))
    if len(order) != len(items):
        raise DatasetError(f"the order is for {len(order):,} items, not {len(items):,}")
    rows = np.asarray(order, np.int64)
    if not take_rows(folder, items, rows):
        return
    try:
        np.save(folder / item_set.ORDER, rows.astype(np.int32), allow_pickle=False)
        item_set.amend(folder, lambda manifest: _state(manifest, len(rows)))
    except OSError as error:
        raise _not_written(folder, error) from error


def take_rows(folder: Path, items: ItemSet, rows: npt.NDArray[np.int64]) -> bool:
    """Keep some items of the data set in `folder`, and remove the others from it.

    No process may have the data set open.

    Args:
        folder: The data set.
        items: The items of the data set.
        rows: The items that stay, in their new order, (M,).

    Returns:
        False, with the data set unchanged, if rows of the table cannot be reordered.

    Raises:
        DatasetError: The files cannot be written.
    """
    try:
        table = None if items.table is None else items.table.take(rows)
    except pa.ArrowException:
        return False
    try:
        for name, array in _arrays(items):
            _write_reordered(folder / name, array, rows)
        if table is not None:
            table.replace(folder / item_set.TABLE)
        if items.knn is not None:
            write_knn(folder, items.knn.numbered(rows))
    except OSError as error:
        raise _not_written(folder, error) from error
    return True


def _not_written(folder: Path, error: OSError) -> DatasetError:
    return DatasetError(
        f"{folder}: the imported data cannot be written: {reason_of(error, folder)}"
    )


def _state(manifest: dict[str, Any], n: int) -> None:
    manifest |= {"format": item_set.FORMAT, "order": item_set.ORDER, "runs": [n]}


def _arrays(items: ItemSet) -> list[tuple[str, npt.NDArray[Any]]]:
    """Return the arrays with one row per item, by the names of their files."""
    found = {
        item_set.PIXELS: items.pictures,
        item_set.VECTORS: items.data if items.kind == "vector" else None,
        item_set.LABELS: items.truth,
        item_set.FEATURES: items.features,
        item_set.STAMPS: items.stamps,
    }
    return [(name, array) for name, array in found.items() if array is not None]


def _has_room(items: ItemSet, folder: Path) -> bool:
    largest = max(array.nbytes for _, array in _arrays(items))
    return shutil.disk_usage(folder).free > 1.1 * largest


def _write_reordered(path: Path, array: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> None:
    """Replace the file of an array by some of its rows, in their order, in blocks."""
    new = path.with_name(f"{path.name}.new")
    step = max(1, _BYTES_AT_ONCE * len(array) // max(1, array.nbytes))
    with new.open("wb") as file:
        header = np.lib.format.header_data_from_array_1_0(array)
        shape = (len(rows), *array.shape[1:])
        np.lib.format.write_array_header_1_0(
            file, {**header, "fortran_order": False, "shape": shape}
        )
        for first in range(0, len(rows), step):
            file.write(np.ascontiguousarray(array[rows[first : first + step]]).data)
    new.replace(path)


def _features(items: ItemSet) -> tuple[Rows, int, int]:
    """Return the features for the curve, the number of items, and the number of features per item.

    These are the features that the user gave, or else the standardised vectors, or else the reduced
    pictures.
    """
    n = len(items)
    if items.features is not None:
        given: Any = items.features
        mean, deviation = _moments(given)
        return lambda some: (given[some] - mean) / deviation, n, given.shape[1]
    if items.kind == "vector":
        vectors: Any = items.data
        known: Any = (0.0, 1.0) if items.standardisation is None else items.standardisation
        mean, deviation = known
        return lambda some: (vectors[some] - mean) / deviation, n, vectors.shape[1]
    return lambda some: reduced(items.data[some]), n, reduced(items.data[:1]).shape[1]


def _moments(features: npt.NDArray[np.float32]) -> tuple[Any, Any]:
    """Return mean and standard deviation of features, (F,), from evenly spaced items."""
    some = features[:: max(1, len(features) // 20_000)].astype(np.float64)
    deviation = some.std(axis=0)
    return some.mean(axis=0), np.where(deviation > 1e-8, deviation, 1.0)


def reduced(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return pictures (B, H, W[, 3]) as rows of at most _SIDE x _SIDE values per channel.

    Each value is the mean of a block of pixels. Pixels at the right and lower border that do not
    fill a block are left out.
    """
    height, width = (max(1, side // max(1, side // _SIDE)) for side in pictures.shape[1:3])
    high, wide = (max(1, side // _SIDE) for side in pictures.shape[1:3])
    cut = pictures[:, : height * high, : width * wide]
    blocks = cut.reshape(len(cut), height, high, width, wide, -1)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(len(cut), -1)
