"""The rows that are nearest to a few given rows, by exact search. Does not import torch."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.floating]
"""Features, one row per item."""

MOST_EXAMPLES = 256
"""Largest number of examples that are compared with all rows."""
LEAST_EXAMPLES = 16
"""Number of examples that are always compared, even with a million rows."""
_MOST_PRODUCTS = 1 << 34
"""Largest number of multiplications in one search, for about half a second on two cores. If all
examples would need more, only some of them are compared, at least LEAST_EXAMPLES."""
_ROWS_AT_ONCE = 16_384
_DIFFERENCES_AT_ONCE = 1 << 20
_MARGIN = 64
"""Number of further candidates whose distances are computed exactly. The distances from a matrix
product have rounding errors, which can exchange neighbours at nearly equal distances."""


class Nearest(NamedTuple):
    """The K rows that are nearest to the examples, nearest first."""

    items: npt.NDArray[np.int64]
    """Numbers of the rows, (K,)."""
    distances: npt.NDArray[np.float32]
    """Distance of each row to the nearest example, (K,)."""
    compared: int
    """Number of examples that were compared with all rows."""


@dataclass(frozen=True)
class SearchSpace:
    """N items as points of a space in which near points are similar items."""

    name: str
    """Name of the space, for people."""
    rows: Rows
    """Features of the items, (N, F)."""
    mean: Rows | None = None
    """Number that is subtracted from each feature, (F,); None for zeros."""
    scale: Rows | None = None
    """Number by which each feature is multiplied after the subtraction, (F,); None for ones."""

    def placed(self, rows: Rows) -> npt.NDArray[np.float32]:
        """Return features (K, F) as points of the space, (K, F)."""
        placed = np.array(rows, np.float32)
        if self.mean is not None:
            placed -= self.mean
        if self.scale is not None:
            placed *= self.scale
        return placed

    def nearest_to_items(self, items: npt.NDArray[np.integer], count: int) -> Nearest:
        """Return the `count` items that are nearest to any of `items` (K,), which are left out.

        If there are more than `examples_for` items, only that many of them, evenly spread, are
        compared with all rows.
        """
        chosen = evenly(np.unique(items), examples_for(self.rows))
        left_out = np.zeros(len(self.rows), np.bool_)
        left_out[items] = True
        return self.nearest(self.placed(self.rows[chosen]), count, left_out)

    def nearest(
        self, points: Rows, count: int, left_out: npt.NDArray[np.bool_] | None = None
    ) -> Nearest:
        """Return the `count` items that are nearest to any of `points` (K, F) of the space.

        Args:
            points: The examples, as points that `placed` returned.
            count: Number of items to return. If fewer items exist, all of them are returned.
            left_out: Items that are not returned, (N,).
        """
        squared = np.empty(len(self.rows), np.float32)
        lengths = np.einsum("kf,kf->k", points, points)
        for start in range(0, len(self.rows), _ROWS_AT_ONCE):
            block = self.placed(self.rows[start : start + _ROWS_AT_ONCE])
            products = block @ points.T.astype(np.float32)
            nearest = (lengths - 2 * products).min(axis=1)
            squared[start : start + len(block)] = nearest + np.einsum("kf,kf->k", block, block)
        free = len(squared)
        if left_out is not None:
            squared[left_out] = np.inf
            free -= int(left_out.sum())
        count = min(count, free)
        wanted = min(count + _MARGIN, free)
        candidates = np.argpartition(squared, wanted - 1)[:wanted] if wanted else np.zeros(0, int)
        # Ascending order of the items, so that equal distances have the same order in each search.
        candidates = np.sort(candidates)
        exact = self._exact(candidates, points)
        order = np.argsort(exact, kind="stable")[:count]
        return Nearest(candidates[order], exact[order].astype(np.float32), len(points))

    def _exact(self, items: npt.NDArray[np.int64], points: Rows) -> npt.NDArray[np.float64]:
        """Return the distances of `items` (K,) to the nearest of `points`, in double precision."""
        found = np.empty(len(items))
        at_once = max(1, _DIFFERENCES_AT_ONCE // max(1, points.size))
        for start in range(0, len(items), at_once):
            block = self.placed(self.rows[items[start : start + at_once]])
            differences = points.astype(np.float64)[None] - block[:, None]
            squared = np.einsum("kpf,kpf->kp", differences, differences)
            found[start : start + len(block)] = np.sqrt(squared.min(axis=1))
        return found


def examples_for(rows: Rows) -> int:
    """Return the largest number of examples that a search compares with all `rows` (N, F)."""
    affordable = _MOST_PRODUCTS // max(1, rows.shape[0] * rows.shape[1])
    return max(LEAST_EXAMPLES, min(MOST_EXAMPLES, affordable))


def evenly(items: npt.NDArray[np.integer], most: int) -> npt.NDArray[np.integer]:
    """Return at most `most` of `items` (K,), spread evenly."""
    if len(items) <= most:
        return items
    return items[np.linspace(0, len(items) - 1, most).round().astype(np.int64)]
