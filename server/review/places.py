"""The places of the map: groups of near items, by k-means on the positions."""

import numpy as np
import numpy.typing as npt

ROUNDS = 10
"""Number of rounds of k-means."""

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


def scattered(n: int) -> Floats:
    """Return sort keys (N,) in [0, 1), the same keys for each call.

    When N items are sorted by these keys, the first K items are spread evenly over the original
    order, for any K. The keys are multiples of the silver ratio. Multiples of the golden ratio
    choose the held-out labels (models/training/labels.py). If both used the same keys, half of the
    items on an overview sheet would be held out.
    """
    return (np.arange(n, dtype=np.float64) * np.float64(0.41421356237309515)) % np.float64(1)


def middles_of(points: Floats, fixed: Floats, count: int) -> Floats:
    """Return the means (count, D) of groups of `points` (N, D), by k-means.

    Points that are nearer to one of `fixed` (F, D) than to a mean belong to no group.
    """
    from scipy.spatial.distance import cdist

    nearest = np.full(len(points), np.inf)
    if len(fixed):
        nearest = cdist(points, fixed, "sqeuclidean").min(axis=1)
    middles = points[_far_apart(points, nearest, count)]
    for _ in range(ROUNDS):
        distance = cdist(points, middles, "sqeuclidean")
        group = np.where(distance.min(axis=1) < nearest, distance.argmin(axis=1), count)
        size = np.bincount(group, minlength=count + 1)[:count]
        for axis in range(points.shape[1]):
            total = np.bincount(group, points[:, axis], count + 1)[:count]
            middles[:, axis] = np.where(size > 0, total / np.maximum(size, 1), middles[:, axis])
    return middles


def _far_apart(points: Floats, nearest: Floats, count: int) -> list[int]:
    """Return `count` indices of `points` (N, D) that are far from one another.

    Each step chooses the point that is farthest from its nearest chosen point.

    Args:
        points: The points (N, D).
        nearest: Squared distance of each point from the nearest point that was chosen before
            (N,); infinite if no point was chosen before.
        count: Number of indices.
    """
    chosen: list[int] = []
    while len(chosen) < count:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return chosen


def nearest_to(points: Floats, middles: Floats) -> Ints:
    """Return the index of the point nearest to each of `middles` (K, D). No index occurs twice."""
    from scipy.spatial.distance import cdist

    distance = cdist(points, middles, "sqeuclidean")
    chosen: list[int] = []
    for k in range(len(middles)):
        distance[chosen, k] = np.inf  # equal middles get different points
        chosen.append(int(distance[:, k].argmin()))
    return np.array(chosen, np.intp)


def stands_for(points: Floats, fixed: Floats, chosen: Floats) -> Floats:
    """Return how many of `points` each of the `chosen` points (K, D) stands for, (K,).

    A point belongs to the chosen point that is nearest to it. Points that are nearer to one of
    `fixed` (F, D) than to every chosen point do not count.
    """
    from scipy.spatial.distance import cdist

    distance = cdist(points, chosen, "sqeuclidean")
    own = np.full(len(points), True)
    if len(fixed):
        own = distance.min(axis=1) < cdist(points, fixed, "sqeuclidean").min(axis=1)
    return np.bincount(distance.argmin(axis=1)[own], minlength=len(chosen)).astype(np.float64)
