"""Overview: items from unlabelled places of the map, grouped by place.

A sheet of this kind should show each class as early as possible. Predictions do not help to find a
class without labels, because such a class is never predicted. The map does help, because similar
items are near one another on the map, whatever the labels are.

The items of a group lie close together, so they probably have the same class. A person gives the
class to the whole group in one act, and then corrects the items that differ.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE
from lodespace.review.places import Floats, Ints, middles_of, nearest_to, scattered, stands_for
from lodespace.session.item_state import ItemState

SAMPLE = 6000
"""Largest number of items that places are computed from."""
KNOWN = 2000
"""Largest number of labelled items that places are compared with."""
PLACES_PER_CLASS = 2
"""Number of places per listed class. The map is divided into at least as many places as a sheet has
pictures.

With fewer places than classes, a place would have items of several classes. After the first sheets,
most classes would then lie in a place with a label, and the overview would not show them.
"""
LEAST_GROUPS = 10
"""Smallest number of groups on a whole sheet if no class is listed, or at least 8. There are more
groups if more classes are listed. With 2 to 7 listed classes, a whole sheet has MORE_GROUPS more
groups than classes. A smaller sheet has fewer groups, in proportion, but at least one per class.
"""
MORE_GROUPS = 2


class Overview(NamedTuple):
    """K items in G groups."""

    items: Ints
    """Numbers of the items (K,), group by group."""
    group: Ints
    """Group of each item (K,), ascending. The first group stands for the most items."""
    sizes: Ints
    """Number of unlabelled items for which each group stands (G,), the shown items included."""


def overview(state: ItemState, pool: npt.NDArray[np.bool_], size: int) -> Overview:
    """Return up to `size` items that stand for the unlabelled places of the map, in groups.

    Args:
        state: State of all items.
        pool: Items that can be chosen (N,). Items with a label are never chosen.
        size: Largest number of items.
    """
    some, fixed, free = _compared(state, pool, np.empty(0, np.intp))
    if len(some) == 0 or size == 0:
        return Overview(*(np.empty(0, np.intp) for _ in range(3)))
    points, classes = _points(state, some), len(state.classes)
    chosen = _stand_ins(points, fixed, size, classes)
    groups = _grouped(points[chosen], _group_count(len(chosen), classes))
    counts = stands_for(points, fixed, points[chosen])
    return _ordered(some[chosen], groups, np.rint(counts * free / len(some)).astype(np.intp))


def places(state: ItemState, pool: npt.NDArray[np.bool_], size: int, shown: Ints) -> Ints:
    """Return up to `size` items that stand for the unlabelled places of the map.

    The arguments are those of `overview`, and `shown`: items that a sheet already has. They are not
    chosen, and count as labelled.
    """
    some, fixed, _ = _compared(state, pool, shown)
    if len(some) == 0 or size == 0:
        return np.empty(0, np.intp)
    return some[_stand_ins(_points(state, some), fixed, size, len(state.classes))]


def _compared(
    state: ItemState, pool: npt.NDArray[np.bool_], shown: Ints
) -> tuple[Ints, Floats, int]:
    """Return the items to choose from, and the points that places are compared with.

    The result has up to SAMPLE unlabelled items of `pool`, the positions of up to KNOWN labelled
    items and of the items `shown`, and the number of all items that could be chosen.
    """
    open_ = pool & ~state.labelled & ~state.locked
    open_[shown] = False
    free = np.flatnonzero(open_)
    free = free[np.argsort(scattered(len(free)), kind="stable")]
    known = np.flatnonzero(state.labelled)
    known = known[np.argsort(scattered(len(known)), kind="stable")][:KNOWN]
    return free[:SAMPLE], _points(state, np.concatenate([known, shown])), len(free)


def _stand_ins(points: Floats, fixed: Floats, size: int, classes: int) -> Ints:
    """Return the indices of up to `size` of `points` (N, D) that stand for all of them.

    The function divides the points into places, by k-means from points that are far from one
    another and from the points `fixed`. The point in the middle of a place stands for the place. If
    there are more places than pictures, the places to show are chosen one after another. Each
    choice makes a sum as small as possible: the sum, over all points, of the squared distance to
    the nearest fixed or chosen point. Large places therefore come first, and so do small places
    that are far from all others.
    """
    count = min(len(points), max(size, PLACES_PER_CLASS * classes))
    middles = nearest_to(points, middles_of(points, fixed, count))
    return middles[_most_spread(points, fixed, points[middles], min(size, count))]


def _points(state: ItemState, items: Ints) -> Floats:
    return state.positions[items].astype(np.float64)


def _most_spread(points: Floats, fixed: Floats, candidates: Floats, count: int) -> Ints:
    """Choose `count` of the `candidates` (K, D), and return their indices.

    The choice reduces a sum over all `points` (N, D): the squared distance to the nearest chosen
    candidate or point of `fixed` (F, D).
    """
    from scipy.spatial.distance import cdist  # imported here, because the import takes 0.2 s

    distance = cdist(candidates, points, "sqeuclidean")
    nearest = distance.max(axis=0)
    if len(fixed):
        nearest = cdist(points, fixed, "sqeuclidean").min(axis=1)
    chosen: list[int] = []
    for _ in range(count):
        total = np.minimum(distance, nearest).sum(axis=1)
        total[chosen] = np.inf
        chosen.append(int(total.argmin()))
        nearest = np.minimum(nearest, distance[chosen[-1]])
    return np.array(chosen, np.intp)


def _group_count(pictures: int, classes: int) -> int:
    """Return the number of groups of a sheet with this number of pictures."""
    few = LEAST_GROUPS if classes < 2 else min(LEAST_GROUPS, classes + MORE_GROUPS)
    whole = max(few, classes)
    return min(pictures, max(classes, math.ceil(whole * pictures / SHEET_SIZE)))


def _grouped(points: Floats, count: int) -> Ints:
    """Return the group of each point (K,). Ward's method (1963) makes at most `count` groups."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(points) < 2:
        return np.zeros(len(points), np.intp)
    return fcluster(linkage(points, "ward"), count, "maxclust").astype(np.intp) - 1


def _ordered(items: Ints, group: Ints, count: Ints) -> Overview:
    """Return the items (K,) by group, the largest group first.

    Args:
        items: Numbers of the items (K,).
        group: Group of each item (K,).
        count: Number of items for which each item stands (K,).
    """
    size = np.bincount(group, count).astype(np.intp)
    rank = np.empty(len(size), np.intp)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(size))
    order = np.lexsort((-count, rank[group]))
    return Overview(items[order], rank[group][order], np.sort(size)[::-1])
