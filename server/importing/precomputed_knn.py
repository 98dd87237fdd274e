"""Nearest neighbours that the user gives: arrays, a sparse matrix, or a file with one of them."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.files import reason_of
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.items.precomputed_knn import PrecomputedKnn, check_knn
from lodespace.items.unpacking import check_unpacked

MOST_KEPT = 100
"""Largest number of neighbours per item that are stored: the nearest ones."""
_WANTED = (
    "give a pair of arrays (indices, distances), each (N, K), or a sparse matrix of distances "
    "(N, N), or a .npz file with `indices` and `distances` or written by scipy.sparse.save_npz"
)


def add_knn(folder: Path, options: ImportOptions, report: ImportReport) -> None:
    """Store the neighbours of `options.precomputed_knn` in the data set `folder`.

    Raises DatasetError.
    """
    given = options.precomputed_knn
    if given is None:
        return
    name = f"--precomputed-knn {given}" if isinstance(given, str | Path) else "precomputed_knn"
    items = item_set.load(folder)
    if report.bad:
        raise DatasetError(
            f"{name}: {report.left_out:,} items of the data were left out, so the rows of the "
            "neighbours belong to other items; remove these items from the data and the neighbours"
        )
    try:
        knn = read_knn(given, len(items), options.unpacked)
    except DatasetError as error:
        raise DatasetError(f"{name}: {error}") from error
    if items.order is not None:
        knn = knn.numbered(items.order)
    try:
        write_knn(folder, knn)
        item_set.amend(folder, _named)
    except OSError as error:
        raise DatasetError(
            f"{folder}: the neighbours cannot be written: {reason_of(error, folder)}"
        ) from error


def _named(manifest: dict[str, Any]) -> None:
    manifest["knn_indices"] = item_set.KNN_INDICES
    manifest["knn_distances"] = item_set.KNN_DISTANCES


def write_knn(folder: Path, knn: PrecomputedKnn) -> None:
    """Write the neighbours into the data set `folder`. Raises OSError."""
    np.save(folder / item_set.KNN_INDICES, knn.indices, allow_pickle=False)
    np.save(folder / item_set.KNN_DISTANCES, knn.distances, allow_pickle=False)


def read_knn(given: Any, n: int, unpacked: float | None = None) -> PrecomputedKnn:
    """Return the neighbours of `n` items, nearest first.

    Args:
        given: a pair (indices, distances) or (distances, indices), a sparse matrix of distances, or
            the path of a file.
        n: number of items.
        unpacked: largest size to which the file may unpack, in GB. None: see unpacking.py.

    Raises:
        DatasetError: the neighbours cannot be used. The message has the reason.
    """
    if isinstance(given, str | Path):
        knn = _of_file(Path(given), n, unpacked)
    elif hasattr(given, "tocsr"):
        matrix = given.tocsr()
        knn = _of_matrix(matrix.indptr, matrix.indices, matrix.data, matrix.shape, n)
    # UMAP's `precomputed_knn` has a third value, a search index.
    elif isinstance(given, tuple | list) and len(given) in (2, 3):
        first, second = np.asarray(given[0]), np.asarray(given[1])
        # `kneighbors` of scikit-learn returns the distances first.
        swapped = first.dtype.kind == "f" and second.dtype.kind in "iu"
        knn = _of_arrays(*((second, first) if swapped else (first, second)))
    else:
        raise DatasetError(_WANTED)
    check_knn(knn, n)
    return knn


def _of_file(path: Path, n: int, unpacked: float | None) -> PrecomputedKnn:
    if path.suffix.lower() != ".npz" or not path.is_file():
        raise DatasetError(f"{'not a .npz file' if path.is_file() else 'no such file'}; {_WANTED}")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
        check_unpacked(path.name, size, path.stat().st_size, unpacked)
        with np.load(path, allow_pickle=False) as file:
            names = set(file.files)
            if {"indptr", "indices", "data", "shape"} <= names:
                if "format" in names and file["format"].item() not in (b"csr", "csr"):
                    raise DatasetError("the sparse matrix is not in the format csr: use `.tocsr()`")
                parts = (file["indptr"], file["indices"], file["data"])
                return _of_matrix(*parts, file["shape"].tolist(), n)
            if {"indices", "distances"} <= names:
                return _of_arrays(file["indices"], file["distances"])
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, *item_set.BAD_HEADER) as error:
        raise DatasetError(f"the file cannot be read: {error}") from error
    raise DatasetError(f"the file has {', '.join(sorted(names)[:20]) or 'nothing'}; {_WANTED}")


def _of_arrays(indices: npt.NDArray[Any], distances: npt.NDArray[Any]) -> PrecomputedKnn:
    _check_kinds(indices, distances)
    if indices.ndim != 2 or indices.shape != distances.shape:
        raise DatasetError(
            f"indices {indices.shape} and distances {distances.shape} must have the same shape "
            "(N, K)"
        )
    # NaN is sorted to the end. Without this line, it could be among the neighbours that are left
    # out.
    if np.isnan(distances).any():
        raise DatasetError("the distances contain NaN")
    order = np.lexsort((indices, distances), axis=1)[:, :MOST_KEPT]
    return _narrow(np.take_along_axis(indices, order, 1), np.take_along_axis(distances, order, 1))


def _of_matrix(
    indptr: npt.NDArray[Any],
    columns: npt.NDArray[Any],
    values: npt.NDArray[Any],
    shape: Sequence[int],
    n: int,
) -> PrecomputedKnn:
    """Return the neighbours in a sparse matrix (CSR). A stored 0 is the distance 0."""
    _check_kinds(columns, values)
    if tuple(shape) != (n, n):
        raise DatasetError(
            f"the matrix is {tuple(shape)}, but it must be {(n, n)}, as there are {n} items"
        )
    counts = np.diff(indptr.astype(np.int64))
    if len(indptr) != n + 1 or indptr[0] != 0 or (counts < 0).any() or counts.sum() != len(columns):
        raise DatasetError("the sparse matrix is damaged: its row pointers do not fit its values")
    if len(values) != len(columns):
        raise DatasetError("the sparse matrix is damaged: it has more columns than values")
    if np.isnan(values).any():
        raise DatasetError("the distances contain NaN")
    fewest = int(counts.min())
    if fewest == 0:
        raise DatasetError(f"item {int(counts.argmin())} has no neighbour")
    rows = np.repeat(np.arange(n), counts)
    order = np.lexsort((columns, values, rows))
    place = np.arange(len(rows)) - np.repeat(indptr[:-1].astype(np.int64), counts)
    chosen = order[place < min(fewest, MOST_KEPT)]
    return _narrow(columns[chosen].reshape(n, -1), values[chosen].reshape(n, -1))


def _check_kinds(indices: npt.NDArray[Any], distances: npt.NDArray[Any]) -> None:
    if not np.issubdtype(indices.dtype, np.integer):
        raise DatasetError(f"the indices must be whole numbers, not {indices.dtype}")
    if not np.issubdtype(distances.dtype, np.floating) and not np.issubdtype(
        distances.dtype, np.integer
    ):
        raise DatasetError(f"the distances must be numbers, not {distances.dtype}")


def _narrow(indices: npt.NDArray[Any], distances: npt.NDArray[Any]) -> PrecomputedKnn:
    """Return the neighbours with the types in which they are stored."""
    # An index that int32 cannot hold becomes one that `check_knn` refuses.
    limit = np.iinfo(np.int32).max
    return PrecomputedKnn(
        np.where((indices < 0) | (indices > limit), -1, indices).astype(np.int32),
        distances.astype(np.float32),
    )
