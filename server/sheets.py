"""Contact sheets: the two queues of items that are worth looking at one by one."""

import numpy as np
import numpy.typing as npt

from lodespace.judgement import Judgement
from lodespace.protocol import SHEET_SIZE, Sheet, SheetItem, SheetKind

DOUBTFUL = 0.5
"""A label that is likelier wrong than right is a suspect."""
NARROW = 0.5
"""An item whose two likeliest classes are closer than this is uncertain."""
OVERVIEW = 1000
"""Items from which an overview is drawn."""
SPREAD = 5
"""A sheet of uncertain items is drawn from this many sheets' worth, far from one another: neighbours ask the same question twice."""


def queue(judgement: Judgement, kind: SheetKind) -> tuple[npt.NDArray[np.intp], int]:
    """The items of a queue in their order, and how many of them count: the ones after those only fill a sheet up.

    "suspects": labels that nobody has looked at, the most doubtful first; those count that are likelier wrong than right, or of which
    something else is predicted. "uncertain": items that nobody has looked at, labelled or not, the narrowest margin first, and of SPREAD
    sheets' worth of them those first that lie far from one another; those count whose margin is below NARROW. Before anything is predicted
    that is an overview: unlabelled items from all over the map. Items of locked classes are left out, and those of which nothing is
    predicted, once something is.
    """
    j = judgement
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
        return _spread(items[order], j.positions, min(SPREAD * SHEET_SIZE, max(SHEET_SIZE, total))), total
    return items[order], int(counts.sum())


def _spread(items: npt.NDArray[np.intp], positions: npt.NDArray[np.int32], block: int) -> npt.NDArray[np.intp]:
    """The first `block` of `items` (K,), each next one of them the farthest from those before it; the rest as they were.

    Later sheets are drawn when the model has learned from the first: they need no order of their own.
    """
    near = positions[items[:block]].astype(np.float64)
    order = np.zeros(len(near), np.intp)
    distance = np.full(len(near), np.inf)
    for k in range(1, len(near)):
        distance = np.minimum(distance, ((near - near[order[k - 1]]) ** 2).sum(axis=1))
        distance[order[k - 1]] = -1  # also of two that lie in one place, one comes after the other
        order[k] = int(distance.argmax())
    return np.concatenate([items[:block][order], items[block:]])


def _scattered(n: int) -> npt.NDArray[np.float64]:
    """Numbers (N,) that put any first few of N items all over their order, the same each time."""
    return (np.arange(n) * 0.6180339887498949) % 1


def sheet(judgement: Judgement, kind: SheetKind, size: int = SHEET_SIZE, skip: int = 0) -> Sheet:
    """`size` items of a queue after the first `skip`, sorted by prediction, the most doubtful of each first."""
    j = judgement
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
    return Sheet(kind=kind, items=shown, total=total, expected_wrong=round(float(j.doubt[items].sum()), 2))
