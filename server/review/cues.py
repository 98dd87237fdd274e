"""Cues: one byte per item, for colour or size, that shows where labels help most.

255 is the strongest value. Uncertainty, density, diversity and class coverage are the criteria of
active learning; here they are shown to the person who chooses. All are computed on the grid of the
shown latent space: 100,000 items take well under a second, and equal items give equal bytes.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lodespace.items.class_lookup import lookup
from lodespace.protocol import UNLABELED, Cue
from lodespace.session.item_state import ItemState

_CELLS = {2: 160, 3: 40}
"""Cells along an axis, by number of axes."""

Bytes = npt.NDArray[np.uint8]


def cue(state: ItemState, which: Cue) -> Bytes:
    """Return a cue, uint8 (N,)."""
    return _CUES[which](state)


def _uncertainty(j: ItemState) -> Bytes:
    """Return 1 - margin; strongest without a prediction."""
    return _bytes(np.where(j.predicted, 1 - j.margin, 1))


def _density(j: ItemState) -> Bytes:
    """Return the rank of the number of neighbours; equal numbers share their mean rank."""
    from scipy import ndimage

    places, m = _places(j.positions)
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


def _diversity(j: ItemState) -> Bytes:
    """Return the distance to the nearest labelled item, relative to the largest distance.

    Strongest everywhere while no item is labelled.
    """
    from scipy.spatial import KDTree

    if not j.labelled.any():
        return np.full(len(j.labels), 255, np.uint8)
    # A tree cannot split equal points: 30,000 of them in one place took 15 s to search.
    distance, _ = KDTree(np.unique(j.positions[j.labelled], axis=0)).query(j.positions)
    farthest = float(distance.max())
    return _bytes(distance / farthest if farthest > 0 else distance)


def _coverage(j: ItemState) -> Bytes:
    """Return the unlabelled share of the class that an item is labelled or predicted as.

    Strongest for items without a label and a prediction.
    """
    standing = j.standing
    known = standing != UNLABELED
    there = np.bincount(standing[known])
    labelled = np.bincount(j.labels[j.labelled], minlength=len(there))
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
    """Return the positions of items in units of cells (N, D), and the number of cells per axis.

    Cells are cubes. The outermost cells also hold the few far items, so that these do not enlarge
    all cells.
    """
    m = _CELLS[positions.shape[1]]
    low, high = np.percentile(positions, (1, 99), axis=0)
    side = max(float((high - low).max()) * 1.2, 1.0) / m
    corner = (low + high) / 2 - side * m / 2
    return np.clip((positions - corner) / side, 0, m - 1e-6), m


def _flat(places: npt.NDArray[np.float64], m: int) -> npt.NDArray[np.intp]:
    """Return the index of each place's cell (N,) in a flattened array (m, ..., m)."""
    cells = places.astype(np.intp)
    return np.asarray(np.ravel_multi_index(tuple(cells.T), (m,) * cells.shape[1]), np.intp)
