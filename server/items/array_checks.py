"""The checks of a stored data set, which another person may have made: types, shapes, class ids."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.items.original_order import check_order
from lodespace.items.precomputed_knn import check_knn
from lodespace.models.config import Content
from lodespace.protocol import MAX_CLASS_NAME_LENGTH, MAX_CLASSES


def check_arrays(items: Any, path: Path) -> None:
    """Raise DatasetError if an array of `items` has a type or shape that cannot be used.

    `items` is an ItemSet; its type is Any, because the module of ItemSet imports this module.
    `path` is dataset.json, for the message.
    """
    if items.content not in get_args(Content):
        raise DatasetError(f"{path}: `content` must be one of {', '.join(get_args(Content))}")
    if items.kind == "vector":
        _check(path, "vectors", items.data, np.float32, 2)
        if 0 in items.data.shape:
            raise DatasetError(f"{path}: vectors of shape {items.data.shape} hold no numbers")
        _check_pictures(path, items.thumbnails)
        if items.standardisation is not None:
            _check(path, "standardisation", items.standardisation, np.float32, 2)
            if items.standardisation.shape != (2, items.data.shape[1]):
                raise DatasetError(
                    f"{path}: the standardisation has the shape {items.standardisation.shape}, not "
                    f"{(2, items.data.shape[1])}"
                )
    else:
        _check_pictures(path, items.data)
    if items.kind == "sound":
        table = items.table
        if table is None or any(
            None in table.column(name)
            for name in ("lodespace.path", "lodespace.start", "lodespace.end")
        ):
            raise DatasetError(
                f"{path}: at least one sound lacks a path, a start or an end in its table"
            )
    if items.features is not None:
        _check(path, "features", items.features, np.float32, 2)
    if items.stamps is not None:
        _check(path, "stamps of files", items.stamps, np.int64, 2)
    if items.knn is not None:
        _check(path, "indices of neighbours", items.knn.indices, np.int32, 2)
        _check(path, "distances of neighbours", items.knn.distances, np.float32, 2)
    if items.order is not None or items.knn is not None:
        try:
            if items.order is not None:
                check_order(items.order, items.runs, len(items))
            if items.knn is not None:
                check_knn(items.knn, len(items))
        except DatasetError as error:
            raise DatasetError(f"{path}: {error}") from error
    _check_classes(path, items)


def _check_pictures(path: Path, pictures: npt.NDArray[Any] | None) -> None:
    if pictures is None:
        return
    if (
        pictures.dtype != np.uint8
        or pictures.ndim not in (3, 4)
        or pictures.shape[3:] not in ((), (3,))
        or 0 in pictures.shape
    ):
        raise DatasetError(
            f"{path}: pictures must be uint8 (N, H, W) or (N, H, W, 3), not {pictures.dtype} "
            f"{pictures.shape}"
        )


def _check(path: Path, name: str, array: npt.NDArray[Any], kind: Any, axes: int) -> None:
    if array.dtype != kind or array.ndim != axes:
        raise DatasetError(
            f"{path}: {name} must be {np.dtype(kind)} with {axes} axes, not {array.dtype} "
            f"{array.shape}"
        )


def _check_classes(path: Path, items: Any) -> None:
    if len(items.class_names) > MAX_CLASSES:
        raise DatasetError(
            f"{path} names {len(items.class_names):,} classes; at most {MAX_CLASSES:,} are "
            "supported"
        )
    for name in items.class_names:
        if not 0 < len(name) <= MAX_CLASS_NAME_LENGTH:
            raise DatasetError(
                f"{path}: a class has a name of {len(name):,} characters; from 1 to "
                f"{MAX_CLASS_NAME_LENGTH} are supported"
            )
    if items.truth is None:
        return
    if items.truth.ndim != 1 or not np.issubdtype(items.truth.dtype, np.integer):
        raise DatasetError(
            f"{path}: labels must be whole numbers (N,), not {items.truth.dtype} "
            f"{items.truth.shape}"
        )
    least, most = int(items.truth.min()), int(items.truth.max())
    if least < -1 or most >= len(items.class_names):
        raise DatasetError(
            f"{path}: the labels are from {least} to {most}, but there are "
            f"{len(items.class_names)} classes"
        )
