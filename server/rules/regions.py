"""Regions in feature space: prototypes and radii that reproduce a selection of items.

A region matches the items that are near one of its prototypes. It survives training, because the
features of the items do not change with training, while their places on the map do. Prototypes and
radii are chosen so that few selected items are left out, and few other items are matched.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

MOST_PROTOTYPES = 32
"""Largest number of prototypes of a region."""
_CENTRES = (1, 2, 4, 8, 16, 32)
"""Numbers of clusters of the selected items, whose centres are candidates for prototypes."""
_MOST_CLUSTERED = 2_000
"""Largest number of selected items that are clustered; of more items, some are taken."""
_MOST_COMPARED = 20_000
"""Largest number of other items with which a region is compared while it is chosen."""
_LEAST_SHARE = 64
"""A further prototype is used if it adds more than 1/64 of the selected items."""
_PASSES = 3
_SLACK = 0.1
"""Largest addition to a radius beyond its last item, as a share of the radius. Without this limit,
a region of a cluster that lies apart would reach halfway to the next cluster."""
_AT_ONCE = 16_384


class FeatureRows(NamedTuple):
    """Features of N items, in a space that does not change with training."""

    name: str
    """Name of the space."""
    rows: Rows
    """Features (N, F)."""
    scale: Floats | None = None
    """Number by which each feature is multiplied before distances are measured, (F,)."""

    def scaled(self, items: npt.NDArray[np.integer] | slice) -> Floats:
        """Return scaled features of `items`, (K, F)."""
        rows = np.asarray(self.rows[items], np.float32)
        return rows if self.scale is None else rows * self.scale


class Region(NamedTuple):
    """P prototypes, each with a radius."""

    prototypes: Floats
    """Features of the prototypes, (P, F), not scaled."""
    radii: Floats
    """Radius around each prototype (P,), in the scaled space."""
    scale: Floats | None = None
    """Number by which each feature is multiplied (F,); None for ones."""

    def matching(self, rows: Rows, reach: float = 1.0) -> Numbers:
        """Return the numbers of the `rows` (N, F) that the region matches, ascending.

        `reach` multiplies the radii.
        """
        matched = np.zeros(len(rows), np.bool_)
        limits = (self.radii * reach).astype(np.float32)
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, len(rows)))
            near = _distances(_scaled(rows[part], self.scale), _scaled(self.prototypes, self.scale))
            matched[part] = (near <= limits).any(axis=1)
        return np.flatnonzero(matched)


def region_of(space: FeatureRows, selected: npt.NDArray[np.integer]) -> Region:
    """Return the region that reproduces the selection of `selected` (M,), M >= 1, best.

    The prototypes are centres of clusters of the selected items. One after the other, the function
    takes the prototype and radius that add the most selected items, less the other items that they
    add, until a further prototype adds little.
    """
    n = len(space.rows)
    chosen = _evenly(np.asarray(selected, np.int64), _MOST_COMPARED)
    is_selected = np.zeros(n, np.bool_)
    is_selected[selected] = True
    others = _evenly(np.flatnonzero(~is_selected), _MOST_COMPARED)
    centres = _candidates(space.scaled(_evenly(chosen, _MOST_CLUSTERED)))
    items = np.concatenate([chosen, others])
    distances = _distances(space.scaled(items), centres)
    # If only a part of the others is compared, each stands for several.
    worth = np.ones(len(items))
    worth[len(chosen) :] = -(n - len(selected)) / max(1, len(others))
    worth[: len(chosen)] = len(selected) / len(chosen)
    least = max(1.0, len(selected) / _LEAST_SHARE)
    search = _Search(distances, worth)
    search.grow(least)
    used = np.array(search.used, np.int64)
    prototypes = centres[used] if space.scale is None else _unscaled(centres[used], space.scale)
    return Region(prototypes.astype(np.float32), search.radii.astype(np.float32), space.scale)


class _Search:
    """Choice of candidates and radii. C candidates, M items with a worth each."""

    def __init__(self, distances: Floats, worth: npt.NDArray[np.float64]) -> None:
        self.distances, self.worth = distances, worth
        self.order = np.argsort(distances, axis=0, kind="stable")
        self.used: list[int] = []
        """The chosen candidates."""
        self.radii = np.empty(0)
        """Radius of each chosen candidate."""
        self._matched = np.empty((len(worth), 0), np.bool_)

    def grow(self, least: float) -> None:
        """Choose candidates, each of which adds at least `least`; the first in any case."""
        while len(self.used) < MOST_PROTOTYPES:
            free = np.logical_not(np.any(self._matched, axis=1))
            gains = [self._best(candidate, free) for candidate in range(self.distances.shape[1])]
            candidate = int(np.argmax([gain for gain, _ in gains]))
            if self.used and gains[candidate][0] < least:
                break
            self._use(candidate, gains[candidate][1])
        for _ in range(_PASSES):
            self._refine()

    def _refine(self) -> None:
        """Choose each radius again, for the other candidates as they are now."""
        for place, candidate in enumerate(self.used):
            others = np.delete(self._matched, place, axis=1)
            _, radius = self._best(candidate, np.logical_not(np.any(others, axis=1)))
            self.radii[place] = radius
            self._matched[:, place] = self.distances[:, candidate] <= radius

    def _use(self, candidate: int, radius: float) -> None:
        self.used.append(candidate)
        self.radii = np.append(self.radii, radius)
        found = self.distances[:, candidate] <= radius
        self._matched = np.column_stack([self._matched, found])

    def _best(self, candidate: int, free: npt.NDArray[np.bool_]) -> tuple[float, float]:
        """Return the largest gain of a region around a candidate, and the radius of this region.

        Only the `free` items count.

        The radius is between the last item inside and the next item outside, and at most a tenth
        larger than the distance of the last item inside.
        """
        order = self.order[:, candidate]
        gains = np.cumsum(np.where(free, self.worth, 0)[order])
        last = int(np.argmax(gains))
        near = self.distances[order, candidate]
        inside = float(near[last])
        outside = float(near[last + 1]) if last + 1 < len(near) else inside
        gap = (outside - inside) / 2
        return float(gains[last]), inside + (min(gap, _SLACK * inside) if inside > 0 else gap)


def _candidates(points: Floats) -> Floats:
    """Return centres of clusters of `points` (M, F), (C, F)."""
    from scipy.cluster.vq import kmeans2  # imported here, because the import takes 0.2 s

    random = np.random.default_rng(0)
    found = [points.mean(axis=0, keepdims=True)]
    for k in _CENTRES[1:]:
        if k >= len(points):
            found.append(points)
            break
        first = points[random.choice(len(points), k, replace=False)]
        centres, _ = kmeans2(points, first, iter=10, minit="matrix", missing="warn")
        found.append(centres[np.isfinite(centres).all(axis=1)])
    return np.concatenate(found).astype(np.float32)


def _scaled(rows: Rows, scale: Floats | None) -> Floats:
    rows = np.asarray(rows, np.float32)
    return rows if scale is None else rows * scale


def _unscaled(rows: Floats, scale: Floats) -> Floats:
    return (rows / np.where(scale > 0, scale, 1)).astype(np.float32, copy=False)


def _distances(rows: Floats, points: Floats) -> Floats:
    """Return the distances of `rows` (N, F) to `points` (P, F), (N, P)."""
    # Distances from a matrix product have errors if all rows are far from the origin.
    centre = points.mean(axis=0)
    rows, points = rows - centre, points - centre
    squared = (rows * rows).sum(axis=1)[:, None] - 2 * (rows @ points.T)
    squared += (points * points).sum(axis=1)
    return np.sqrt(np.maximum(squared, 0)).astype(np.float32, copy=False)


def _evenly(items: Numbers, most: int) -> Numbers:
    """Return at most `most` of `items`, spread evenly."""
    if len(items) <= most:
        return items
    return items[np.linspace(0, len(items) - 1, most).round().astype(np.int64)]
