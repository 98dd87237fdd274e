"""Cues: one byte an item, for colour or size, that shows where a look is worth most. 255 where the cue is strongest.

Uncertainty, density, diversity and class coverage are what active learning chooses items by; here a person does, with these to go by.
All work on the grid of the shown latent space: 100,000 items take well under a second, and the same items give the same bytes.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED, Cue
from lodespace.review.cell_grid import blurred, flat
from lodespace.session.item_state import Judgement

_CELLS = {2: 160, 3: 40}
"""Cells along an axis, by the number of axes."""
_EXACT_PAIRS = 8_000_000
"""So many distances are computed one by one; beyond, between cells."""
_CHUNK = 1 << 22

Bytes = npt.NDArray[np.uint8]


def cue(judgement: Judgement, which: Cue) -> Bytes:
    """uint8 (N,)."""
    return _CUES[which](judgement)


def _uncertainty(j: Judgement) -> Bytes:
    """1 - margin; strongest where nothing is predicted."""
    return _bytes(np.where(j.predicted, 1 - j.margin, 1))


def _density(j: Judgement) -> Bytes:
    """How many neighbours an item has, as its rank among all: items with as many share the middle of their ranks."""
    places, m = _places(j.positions)
    d = places.shape[1]
    counts = (
        np.bincount(flat(places.astype(np.intp), m), minlength=m**d)
        .astype(np.float32)
        .reshape((m,) * d)
    )
    for axis in range(d):
        counts = blurred(blurred(counts, axis), axis)
    _, where, many = np.unique(_between(counts, places), return_inverse=True, return_counts=True)
    middle = (np.cumsum(many) - (many + 1) / 2) / max(1, len(places) - 1)
    return _bytes(middle[where])


def _diversity(j: Judgement) -> Bytes:
    """Distance to the nearest labelled item, as a share of the farthest; strongest everywhere while nothing is labelled."""
    labelled = np.flatnonzero(j.labelled)
    if len(labelled) == 0:
        return np.full(len(j.labels), 255, np.uint8)
    if len(labelled) * len(j.labels) <= _EXACT_PAIRS:
        distance = _distances(j.positions, j.positions[labelled])
    else:
        places, m = _places(j.positions)
        cells = places.astype(np.intp)
        distance = _cell_distances(cells, cells[labelled], m)
    farthest = float(distance.max())
    return _bytes(distance / farthest if farthest > 0 else distance)


def _coverage(j: Judgement) -> Bytes:
    """1 - the labelled share of the class that an item is labelled, or else predicted to be; strongest where it is neither."""
    standing = j.standing
    known = standing != UNLABELED
    there = np.bincount(standing[known])
    labelled = np.bincount(j.labels[j.labelled], minlength=len(there))
    lacking = 1 - labelled / np.maximum(there, 1)
    return _bytes(np.where(known, np.append(lacking, 1.0)[standing], 1))


_CUES: dict[Cue, Callable[[Judgement], Bytes]] = {
    "uncertainty": _uncertainty,
    "density": _density,
    "diversity": _diversity,
    "coverage": _coverage,
}


def _bytes(share: npt.NDArray[np.floating]) -> Bytes:
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)


def _places(positions: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.float64], int]:
    """Where each item is, in cells (N, D), and how many cells there are along an axis. They are cubes; a few far items do not make them
    large: these count to the outermost ones."""
    m = _CELLS[positions.shape[1]]
    low, high = np.percentile(positions, (1, 99), axis=0)
    side = max(float((high - low).max()) * 1.2, 1.0) / m
    corner = (low + high) / 2 - side * m / 2
    return np.clip((positions - corner) / side, 0, m - 1e-6), m


def _between(
    values: npt.NDArray[np.float32], places: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """values (M, ..., M), which are those at the cells' centres, at places (N, D) in cells: linear between the nearest centres."""
    m, d = len(values), values.ndim
    from_centre = np.clip(places - 0.5, 0, m - 1)
    below = np.minimum(from_centre.astype(np.intp), m - 2)
    share = from_centre - below
    shares = [(1 - share[:, axis], share[:, axis]) for axis in range(d)]
    first = flat(below, m)
    found = np.zeros(len(places))
    for corner in np.ndindex((2,) * d):
        weight = shares[0][corner[0]]
        for axis in range(1, d):
            weight = weight * shares[axis][corner[axis]]
        found += weight * values.ravel()[first + np.ravel_multi_index(corner, values.shape)]
    return found


def _distances(
    positions: npt.NDArray[np.int32], to: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    """From each of positions (N, D) to the nearest of `to` (L, D): (N,)."""
    nearest = np.empty(len(positions))
    others = to.astype(np.float64)
    rows = max(1, _CHUNK // len(to))
    for start in range(0, len(positions), rows):
        some = positions[start : start + rows].astype(np.float64)
        squared = sum((some[:, k, None] - others[None, :, k]) ** 2 for k in range(to.shape[1]))
        nearest[start : start + rows] = np.sqrt(np.asarray(squared).min(axis=1))
    return nearest


def _cell_distances(
    cells: npt.NDArray[np.intp], to: npt.NDArray[np.intp], m: int
) -> npt.NDArray[np.float64]:
    """The same between cells, in cells: an exact Euclidean distance transform, axis by axis."""
    d = cells.shape[1]
    squared = np.full(m**d, np.float32(1e9))
    squared[flat(to, m)] = 0
    squared = squared.reshape((m,) * d)
    steps = (np.arange(m, dtype=np.float32)[:, None] - np.arange(m, dtype=np.float32)) ** 2
    for axis in range(d):
        lines = np.moveaxis(squared, axis, -1)
        moved = np.empty_like(lines)
        for k in range(m):
            moved[..., k] = (lines + steps[k]).min(axis=-1)
        squared = np.moveaxis(moved, -1, axis)
    return np.sqrt(squared.ravel()[flat(cells, m)].astype(np.float64))
