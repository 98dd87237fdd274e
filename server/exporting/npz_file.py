"""Labels and predictions with all items, as a .npz file."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import ProjectError
from lodespace.exporting.table import ROWS_AT_ONCE, Table
from lodespace.items.item_ids import ItemIds

_MOST_ID_BYTES = 1 << 30
"""Largest size of the ids in a .npz file, in bytes. An import refuses larger ids."""


def as_npz(table: Table) -> bytes:
    """Return a compressed .npz file with one row per item.

    The arrays are X, ids, y, prediction, verified, confidence, latent_mean, and latent_log_variance
    if a model has been trained. The arrays y and prediction contain class names, and "" for an item
    without a class. Raises ProjectError if the ids would take too much memory.
    """
    longest = max(map(len, table.items.ids))
    if longest * 4 * len(table.items) > _MOST_ID_BYTES:
        raise ProjectError(
            f"an id has {longest:,} characters, and .npz stores every id at the length of the "
            "longest; export as parquet, csv or jsonl"
        )
    arrays: dict[str, npt.NDArray[Any]] = {
        "X": np.asarray(table.items.data),
        "ids": _texts(table.items.ids, longest),
        "y": _class_names(table, table.labels),
        "prediction": _class_names(table, table.predictions),
        "verified": table.verified,
        "confidence": table.confidence.astype(np.float32),
        "latent_mean": table.latent_mean.astype(np.float32),
    }
    if table.latent_log_variance is not None:
        arrays["latent_log_variance"] = table.latent_log_variance
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, **arrays)  # pyright: ignore[reportArgumentType]
    return out.getvalue()


def _texts(ids: ItemIds, longest: int) -> npt.NDArray[np.str_]:
    """Return the ids as an array (N,) of texts with `longest` characters."""
    texts = np.empty(len(ids), f"<U{max(1, longest)}")
    for first in range(0, len(ids), ROWS_AT_ONCE):
        texts[first : first + ROWS_AT_ONCE] = ids[first : first + ROWS_AT_ONCE]
    return texts


def _class_names(table: Table, class_ids: npt.NDArray[np.int16]) -> npt.NDArray[np.str_]:
    """Return the class name per item, (N,), "" for an item without a class."""
    present, where = np.unique(class_ids, return_inverse=True)
    return np.array(table.names(present), str)[where]
