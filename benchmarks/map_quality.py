"""How good a map is: figures of the paper's figure 2 and of docs/reproduction.md. numpy, exact, no sampling."""

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]
_BLOCK = 1000


def nearest_neighbour_accuracy(points: Points, labels: Labels, k: int = 10) -> float:
    """Share of items whose class is that of the majority of their k nearest others (ties: the smallest class). (N, D), (N,)."""
    return _vote(points, labels, points, labels, k, exclude_self=True)


def held_out_neighbour_accuracy(
    points: Points, labels: Labels, held_out: Points, held_out_labels: Labels, k: int = 10
) -> float:
    """The same for items that were not trained on, among the trained ones. (N, D), (N,), (M, D), (M,)."""
    return _vote(points, labels, held_out, held_out_labels, k, exclude_self=False)


def _vote(
    points: Points, labels: Labels, queries: Points, wanted: Labels, k: int, *, exclude_self: bool
) -> float:
    classes = int(labels.max()) + 1
    right = 0
    for start in range(0, len(queries), _BLOCK):
        d2 = _squared_distances(queries[start : start + _BLOCK], points)
        if exclude_self:
            rows = np.arange(len(d2))
            d2[rows, start + rows] = np.inf
        near = np.argpartition(d2, k - 1, axis=1)[:, :k]
        votes = (labels[near][:, :, None] == np.arange(classes)).sum(axis=1)
        right += int((votes.argmax(axis=1) == wanted[start : start + _BLOCK]).sum())
    return right / len(queries)


def silhouette(points: Points, labels: Labels) -> float:
    """Mean silhouette (Rousseeuw 1987) of the classes, -1..1. (N, D), (N,)."""
    classes = np.unique(labels)
    members = (labels[:, None] == classes).astype(np.float64)
    counts = members.sum(axis=0)
    scores = np.empty(len(points))
    for start in range(0, len(points), _BLOCK):
        rows = slice(start, start + _BLOCK)
        sums = np.sqrt(_squared_distances(points[rows], points)) @ members
        own = members[rows].argmax(axis=1)
        each = np.arange(len(sums))
        within = sums[each, own] / np.maximum(counts[own] - 1, 1)
        others = sums / counts
        others[each, own] = np.inf
        nearest = others.min(axis=1)
        scores[rows] = np.where(
            counts[own] > 1,
            (nearest - within) / np.maximum(np.maximum(within, nearest), 1e-300),
            0.0,
        )
    return float(scores.mean())


def within_between_ratio(points: Points, labels: Labels) -> float:
    """Root mean square radius within classes, over that of the class means about the whole: small is tight."""
    classes = np.unique(labels)
    means = np.stack([points[labels == c].mean(axis=0) for c in classes])
    within = np.mean(
        [
            ((points[labels == c] - m) ** 2).sum(axis=1).mean()
            for c, m in zip(classes, means, strict=True)
        ]
    )
    between = ((means - means.mean(axis=0)) ** 2).sum(axis=1).mean()
    return float(np.sqrt(within / between))


def spread(points: Points) -> float:
    """Mean over the dimensions of the standard deviation."""
    return float(points.std(axis=0).mean())


def _squared_distances(a: Points, b: Points) -> npt.NDArray[np.float64]:
    a, b = a.astype(np.float64), b.astype(np.float64)
    d2 = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.maximum(d2, 0)
