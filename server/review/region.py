"""Region to suggest: a dense ball of items with the same predicted class, and with much doubt."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import UNLABELED
from lodespace.review.contact_sheets import DOUBTFUL
from lodespace.session.item_state import ItemState

SPOTS = 16
"""Largest number of dense spots of the map. One region is grown from each spot."""
SMALLEST, LARGEST = 6, 2000
"""Smallest and largest number of items in a ball that is considered for a suggested region."""
AGREEMENT = 0.9
"""A region is suggested only if this share of its items, or more, has the same predicted class."""
MOST = 0.5
"""The gain of a region is 0 unless a label helps more than this share of the region's items.

A label of the region helps an item if the model predicts the class of the region for the item, but
with much doubt.
"""
_STEP = 1.5
"""Factor by which a region grows per iteration.

A region is a ball of items. In each iteration, the number of items in the ball is multiplied by
this factor.
"""
_THINNING = 1.3
"""A ball stops growing when the density of its items falls.

Each iteration adds items to the ball, so its radius grows. The density counts as falling if the
radius grows by more than this factor, relative to its growth at a constant density.
"""


class Region(NamedTuple):
    """A ball of items without a label."""

    items: npt.NDArray[np.uint32]
    """Items, ascending, uint32 (N,)."""
    class_id: int
    """Predicted class of most of the items."""
    agreement: float
    """Share of the items whose predicted class is `class_id`."""
    gain: float
    """Expected number of items that one label for the whole region corrects."""


def best_region(state: ItemState) -> Region | None:
    """Return the ball of items with the largest `gain`.

    A ball contains only unlabelled items whose predicted class is not locked. Return None if there
    is no dense ball whose items have the same predicted class.
    """
    free = np.flatnonzero(~state.labelled & ~state.locked)
    if len(free) < SMALLEST:
        return None
    positions = state.positions[free].astype(np.float32)
    regions = (
        _grown(state, free, positions, centre)
        for centre in _dense_spots(positions, state.doubt[free])
    )
    return max(
        (region for region in regions if region is not None),
        key=lambda region: region.gain,
        default=None,
    )


def _dense_spots(
    positions: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the mean positions (D,) of up to SPOTS grid cells, in order of falling weight.

    The weight of a cell is the sum of the `weights` (N,) of the `positions` (N, D) in the cell and
    in its neighbour cells. No two of the yielded cells are neighbours.
    """
    from scipy import ndimage  # imported here, because the import takes 0.2 s

    n, d = positions.shape
    # About one item per cell if the items are spread evenly.
    m = int(np.clip(n ** (1 / d), 4, 32 if d == 3 else 128))
    low = positions.min(axis=0)
    side = max(float((positions.max(axis=0) - low).max()), 1.0) * 1.0001 / m
    cells = ((positions - low) / side).astype(np.intp)
    place = np.ravel_multi_index(tuple(cells.T), (m,) * d)
    weight = np.bincount(place, weights, m**d).astype(np.float64).reshape((m,) * d)
    for axis in range(d):
        weight = ndimage.convolve1d(weight, np.ones(3), axis, mode="constant")
    occupied = np.unique(place)
    order = occupied[np.argsort(-weight.ravel()[occupied], kind="stable")]
    chosen = np.empty((0, d), np.intp)
    for cell in order.tolist():
        at = np.array(np.unravel_index(cell, (m,) * d))
        if (np.abs(chosen - at).max(axis=1) <= 1).any():
            continue
        chosen = np.vstack([chosen, at])
        yield positions[place == cell].mean(axis=0)
        if len(chosen) == SPOTS:
            return


def _grown(
    state: ItemState,
    free: npt.NDArray[np.intp],
    positions: npt.NDArray[np.float32],
    centre: npt.NDArray[np.float32],
) -> Region | None:
    """Return the largest ball around `centre` that is dense and whose predictions agree.

    Args:
        state: State of all items.
        free: Items without a label whose predicted class is not locked (K,).
        positions: Positions of the `free` items (K, D).
        centre: Centre of the ball (D,).

    Returns:
        The ball, or None if it has fewer than SMALLEST items.
    """
    squared = ((positions - centre) ** 2).sum(axis=1)
    most = min(LARGEST, len(free))
    near = np.argpartition(squared, most - 1)[:most]
    near = near[np.argsort(squared[near], kind="stable")]
    size = _dense_size(np.sqrt(squared[near]), positions.shape[1])
    items = free[near[:size]]
    prediction = state.prediction[items]
    middle = prediction[: 3 * SMALLEST]
    middle = middle[middle != UNLABELED]
    if len(middle) == 0:
        return None
    class_id = int(np.bincount(middle).argmax())
    share = np.cumsum(prediction == class_id) / np.arange(1, size + 1)
    enough = np.flatnonzero(share >= AGREEMENT)
    size = int(enough[-1]) + 1 if len(enough) else 0
    if size < SMALLEST:
        return None
    items = items[:size]
    doubt = state.doubt[items]
    # A label that equals a confident prediction changes nothing; a label helps where doubt is high.
    # Items with another prediction do not count, because they are wrong before and after the
    # gesture.
    changes = (state.prediction[items] == class_id) & (doubt > DOUBTFUL)
    gain = (
        float(np.where(changes, doubt, 0).sum(dtype=np.float64)) if changes.mean() > MOST else 0.0
    )
    return Region(np.sort(items).astype(np.uint32), class_id, float(share[size - 1]), gain)


def _dense_size(radius: npt.NDArray[np.float32], d: int) -> int:
    """Return how many of the items nearest to a centre belong to the dense spot around the centre.

    Args:
        radius: Distances of the items from the centre (K,), ascending.
        d: Number of dimensions.
    """
    size = min(2 * SMALLEST, len(radius))  # with fewer items, the density cannot be measured
    while size < len(radius):
        larger = min(len(radius), int(np.ceil(size * _STEP)))
        even = (larger / size) ** (1 / d)
        if radius[larger - 1] > radius[size - 1] * even * _THINNING:
            break
        size = larger
    return size
