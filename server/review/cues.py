"""Cues: one value per item (uint8) that shows where labels help most.

The page shows a cue as the colour or the size of the points.

255 is the strongest value. Uncertainty, density, diversity and class coverage are criteria by which
active learning chooses items; here a person sees the values and chooses. Density and diversity are
computed from the shown grid positions. A cue of 100,000 items takes well under a second, and the
same state always gives the same bytes.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lodespace.items.class_lookup import lookup
from lodespace.protocol import UNLABELED, Cue
from lodespace.session.item_state import ItemState

_CELLS = {2: 160, 3: 40}
"""Number of cells along each axis, by the number of axes (2 or 3)."""

Bytes = npt.NDArray[np.uint8]


def cue(state: ItemState, which: Cue) -> Bytes:
    """Return the values of the cue `which` for all items, uint8 (N,)."""
    return _CUES[which](state)


def _uncertainty(state: ItemState) -> Bytes:
    """Return 1 - margin of the predictions. Items without a prediction get the strongest value."""
    return _bytes(np.where(state.predicted, 1 - state.margin, 1))


def _density(state: ItemState) -> Bytes:
    """Return the rank of each item by the density of items at its position.

    Items with equal density share their mean rank.
    """
    from scipy import ndimage

    places, m = _places(state.positions)
    d = places.shape[1]
    counts = np.bincount(_flat(places, m), minlength=m**d).astype(np.float64).reshape((m,) * d)
    for axis in range(d):
        for _ in range(2):
            counts = ndimage.convolve1d(counts, np.ones(3), axis, mode="constant")
    # Cell k holds the count at its centre, k + 0.5. Between centres the count is linear.
    density = ndimage.map_coordinates(counts, places.T - 0.5, order=1, mode="nearest")
    _, where, many = np.unique(density, return_inverse=True, return_counts=True)
    middle = (np.cumsum(many) - (many + 1) / 2) / max(1, len(places) - 1)
    return _bytes(middle[where])


def _diversity(state: ItemState) -> Bytes:
    """Return, per item, the distance to the nearest labelled item, divided by the largest value.

    While no item is labelled, all items have the strongest value.
    """
    from scipy.spatial import KDTree

    if not state.labelled.any():
        return np.full(len(state.labels), 255, np.uint8)
    # Equal points are merged, because a tree cannot split them. A search among 30,000 equal points
    # took 15 s.
    labelled = np.unique(state.positions[state.labelled], axis=0)
    distance, _ = KDTree(labelled).query(state.positions)
    farthest = float(distance.max())
    return _bytes(distance / farthest if farthest > 0 else distance)


def _coverage(state: ItemState) -> Bytes:
    """Return, for each item, the share of unlabelled items among the items of the same class.

    The class of an item is its label; for an unlabelled item, its prediction. Items without a label
    and without a prediction have the strongest value.
    """
    standing = state.standing
    known = standing != UNLABELED
    there = np.bincount(standing[known])
    labelled = np.bincount(state.labels[state.labelled], minlength=len(there))
    lacking = 1 - labelled / np.maximum(there, 1)
    return _bytes(lookup(lacking, standing, 1.0))


_CUES: dict[Cue, Callable[[ItemState], Bytes]] = {
    "uncertainty": _uncertainty,
    "density": _density,
    "diversity": _diversity,
    "coverage": _coverage,
}


def _bytes(share: npt.NDArray[np.floating]) -> Bytes:
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)


def _places(positions: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.float64], int]:
    """Return the positions (N, D) of items, in units of cells, and the number of cells per axis.

    Cells are cubes. Items that lie far from all others count in the outermost cells, so that the
    grid does not need larger cells.
    """
    m = _CELLS[positions.shape[1]]
    low, high = np.percentile(positions, (1, 99), axis=0)
    side = max(float((high - low).max()) * 1.2, 1.0) / m
    corner = (low + high) / 2 - side * m / 2
    return np.clip((positions - corner) / side, 0, m - 1e-6), m


def _flat(places: npt.NDArray[np.float64], m: int) -> npt.NDArray[np.intp]:
    """Return the index of the cell of each place, (N,).

    It is the index in the flattened array of all cells, which has the side `m`.
    """
    cells = places.astype(np.intp)
    return np.asarray(np.ravel_multi_index(tuple(cells.T), (m,) * cells.shape[1]), np.intp)
