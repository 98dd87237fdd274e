"""Contact sheets: the two queues of items that are worth looking at one by one."""

import warnings

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, Sheet, SheetItem, SheetKind
from lodespace.session.item_state import ItemState

DOUBTFUL = 0.5
"""A label that is likelier wrong than right is a suspect."""
NARROW = 0.5
"""An item whose two likeliest classes are closer than this is uncertain."""
OVERVIEW = 1000
"""Items from which an overview is drawn."""
SPREAD = 20
"""A sheet of uncertain items is drawn from this many sheets' worth of them, one of each of 27 groups: neighbours ask the same question
twice, and the most uncertain of all are mostly oddities, of which nothing is learned about others."""
_ROUNDS = 10


def queue(state: ItemState, kind: SheetKind) -> tuple[npt.NDArray[np.intp], int]:
    """The items of a queue in their order, and how many of them count: the ones after those only fill a sheet up.

    "suspects": labels that nobody has looked at, the most doubtful first; those count that are likelier wrong than right, or of which
    something else is predicted. "uncertain": items that nobody has looked at, labelled or not, the narrowest margin first, and of SPREAD
    sheets' worth of them those first that stand for the others; those count whose margin is below NARROW. Before anything is predicted
    that is an overview: unlabelled items from all over the map. Items of locked classes are left out, and those of which nothing is
    predicted, once something is.
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
    """`items` (K,), but of the first `block` of them those first that stand for the others: one in the middle of each of SHEET_SIZE groups.

    Groups by k-means, which begins with items far from one another. Later sheets are drawn when the model has learned from this one: they
    need no order of their own.
    """
    from scipy.spatial.distance import cdist  # not above: it takes 0.2 s to import

    near = positions[items[:block]].astype(np.float64)
    if len(near) <= SHEET_SIZE:
        return items
    middles = _group_means(near)
    distance = cdist(near, middles, "sqeuclidean")
    chosen: list[int] = []
    for k in range(SHEET_SIZE):
        distance[chosen, k] = np.inf  # of two groups with one middle, each gets an item of its own
        chosen.append(int(distance[:, k].argmin()))
    rest = np.delete(np.arange(len(near)), chosen)
    return np.concatenate([items[:block][chosen], items[:block][rest], items[block:]])


def _group_means(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Means (SHEET_SIZE, D) of the groups of `points` (N, D)."""
    from scipy.cluster.vq import kmeans2

    with warnings.catch_warnings():
        # Such a group keeps its previous mean. It appears where points coincide.
        warnings.filterwarnings("ignore", "One of the clusters is empty", UserWarning)
        means, _ = kmeans2(points, points[_far_apart(points, SHEET_SIZE)], _ROUNDS, minit="matrix")
    return means


def _far_apart(points: npt.NDArray[np.float64], count: int) -> list[int]:
    """The first of `points` (N, D), then each time the one farthest from those before."""
    chosen = [0]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return chosen


def _scattered(n: int) -> npt.NDArray[np.float64]:
    """Numbers (N,) that put any first few of N items all over their order, the same each time.

    Multiples of the silver ratio: those of the golden one say which labels are held out (models/training/loop.py),
    and half an overview would be.
    """
    return (np.arange(n, dtype=np.float64) * np.float64(0.41421356237309515)) % np.float64(1)


def sheet(state: ItemState, kind: SheetKind, size: int = SHEET_SIZE, skip: int = 0) -> Sheet:
    """`size` items of a queue after the first `skip`, sorted by prediction, the most doubtful of each first."""
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
