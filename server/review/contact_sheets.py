"""Contact sheets: two queues of items that are worth a look one by one."""

import warnings

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, Sheet, SheetItem, SheetKind
from lodespace.session.item_state import ItemState

DOUBTFUL = 0.5
"""A label with a higher doubt is a suspect: it is more likely wrong than right."""
NARROW = 0.5
"""An item with a smaller margin between its two likeliest classes is uncertain."""
OVERVIEW = 1000
"""Number of items from which an overview is drawn."""
SPREAD = 20
"""A sheet of uncertain items is chosen from the items of this many sheets, one from each of
SHEET_SIZE groups. Neighbours ask the same question twice, and the most uncertain items of all are
mostly outliers, whose labels say little about other items.
"""
_ROUNDS = 10


def queue(state: ItemState, kind: SheetKind) -> tuple[npt.NDArray[np.intp], int]:
    """Return the items of a queue in their order, and how many of them count.

    Items after those that count only fill up a sheet. Items of locked classes are left out, and
    items without a prediction once any item has one.

    Args:
        state: state of all items.
        kind: "suspects": unverified labels, highest doubt first; a label counts when its doubt is
            above DOUBTFUL or the prediction differs. "uncertain": unverified items, smallest margin
            first, those that represent others before the rest; an item counts when its margin is
            below NARROW. Without any prediction this is an overview: unlabelled items from all over
            the map.
    """
    j = state
    nothing = not j.predicted.any()
    if nothing and kind == "uncertain":
        items = np.flatnonzero(~j.labelled & ~j.locked)
        order = np.argsort(_scattered(len(items)), kind="stable")
        return _spread(items[order], j.positions, OVERVIEW), len(items)
    open_ = ~j.verified & ~j.locked & j.predicted
    if kind == "suspects":
        items = np.flatnonzero(open_ & j.labelled)
        counts = (j.doubt[items] > DOUBTFUL) | (j.prediction[items] != j.labels[items])
        order = np.lexsort((items, -j.doubt[items], ~counts))
    else:
        items = np.flatnonzero(open_)
        counts = j.margin[items] < NARROW
        order = np.lexsort((items, -j.doubt[items], j.margin[items]))
        total = int(counts.sum())
        return _spread(
            items[order], j.positions, min(SPREAD * SHEET_SIZE, max(SHEET_SIZE, total))
        ), total
    return items[order], int(counts.sum())


def _spread(
    items: npt.NDArray[np.intp], positions: npt.NDArray[np.int32], block: int
) -> npt.NDArray[np.intp]:
    """Order items so that those that represent others come first.

    Of the first `block` of `items` (K,), one from the middle of each of SHEET_SIZE groups comes
    first. Groups are found by k-means from starting points far from one another. Later sheets are
    made after the model has learned from this one, so they need no order of their own.
    """
    from scipy.spatial.distance import cdist  # not above: it takes 0.2 s to import

    near = positions[items[:block]].astype(np.float64)
    if len(near) <= SHEET_SIZE:
        return items
    middles = _group_means(near)
    distance = cdist(near, middles, "sqeuclidean")
    chosen: list[int] = []
    for k in range(SHEET_SIZE):
        distance[chosen, k] = np.inf  # groups with equal means get different items
        chosen.append(int(distance[:, k].argmin()))
    rest = np.delete(np.arange(len(near)), chosen)
    return np.concatenate([items[:block][chosen], items[:block][rest], items[block:]])


def _group_means(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the means (SHEET_SIZE, D) of the groups of `points` (N, D)."""
    from scipy.cluster.vq import kmeans2

    with warnings.catch_warnings():
        # Such a group keeps its previous mean. It appears where points coincide.
        warnings.filterwarnings("ignore", "One of the clusters is empty", UserWarning)
        means, _ = kmeans2(points, points[_far_apart(points, SHEET_SIZE)], _ROUNDS, minit="matrix")
    return means


def _far_apart(points: npt.NDArray[np.float64], count: int) -> list[int]:
    """Return `count` indices of `points` (N, D): the first, then the farthest from those chosen."""
    chosen = [0]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return chosen


def _scattered(n: int) -> npt.NDArray[np.float64]:
    """Return sort keys (N,) that spread every prefix of N items over their order, repeatably.

    These are multiples of the silver ratio. Multiples of the golden ratio choose the labels that
    are held out (models/training/loop.py); with the same keys, half an overview would be held out.
    """
    return (np.arange(n, dtype=np.float64) * np.float64(0.41421356237309515)) % np.float64(1)


def sheet(state: ItemState, kind: SheetKind, size: int = SHEET_SIZE, skip: int = 0) -> Sheet:
    """Return `size` items of a queue after the first `skip`, by prediction, highest doubt first."""
    j = state
    items, total = queue(j, kind)
    items = items[skip : skip + size]
    items = items[np.lexsort((items, -j.doubt[items], j.prediction[items]))]
    shown = [
        SheetItem(
            item=item,
            class_id=int(j.labels[item]),
            prediction=int(j.prediction[item]),
            confidence=round(float(j.confidence[item]), 4),
            doubt=round(float(j.doubt[item]), 4),
        )
        for item in items.tolist()
    ]
    return Sheet(
        kind=kind, items=shown, total=total, expected_wrong=round(float(j.doubt[items].sum()), 2)
    )
