"""Nearest neighbours that were imported together with the items, so that no search is needed."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError


class PrecomputedKnn(NamedTuple):
    """The K nearest neighbours of each of N items, nearest first."""

    indices: npt.NDArray[np.int32]
    """Neighbours of each item, (N, K)."""
    distances: npt.NDArray[np.float32]
    """Distances of the neighbours, (N, K)."""

    def numbered(self, order: npt.NDArray[np.integer]) -> "PrecomputedKnn":
        """Return the neighbours of renumbered items.

        `order` has the current number of each item, in the order of the new numbers.
        """
        numbers = np.empty(len(order), np.int32)
        numbers[order] = np.arange(len(order), dtype=np.int32)
        return PrecomputedKnn(numbers[self.indices[order]], self.distances[order])


def check_knn(knn: PrecomputedKnn, n: int) -> None:
    """Raise DatasetError if `knn` does not describe nearest neighbours of `n` items."""
    indices, distances = knn
    if indices.ndim != 2 or indices.shape != distances.shape or 0 in indices.shape:
        raise DatasetError(
            f"indices {indices.shape} and distances {distances.shape} must have the same shape "
            "(N, K)"
        )
    if len(indices) != n:
        raise DatasetError(f"there are neighbours of {len(indices):,} items, but {n:,} items")
    _refuse(
        (indices < 0) | (indices >= n),
        f"the neighbours of item {{}} have an index that is not from 0 to {n - 1}",
    )
    _refuse(
        indices == np.arange(n)[:, None],
        "item {} is its own neighbour; leave it out (scikit-learn: call `kneighbors()` or "
        "`kneighbors_graph()` without X)",
    )
    _refuse(
        ~(np.isfinite(distances) & (distances >= 0)),
        "a distance of item {} is negative, NaN or infinite",
    )
    _refuse(np.diff(np.sort(indices, axis=1), axis=1) == 0, "item {} has the same neighbour twice")


def _refuse(wrong: npt.NDArray[Any], message: str) -> None:
    """Raise DatasetError if an entry of `wrong` (N, K) is True.

    The message names the first row with such an entry.
    """
    rows = np.flatnonzero(wrong.any(axis=1))
    if len(rows):
        more = f" (and {len(rows) - 1:,} more)" if len(rows) > 1 else ""
        raise DatasetError(message.format(f"{rows[0]}{more}"))
