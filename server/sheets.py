"""Contact sheets: the two queues of items that are worth looking at one by one."""

import numpy as np
import numpy.typing as npt

from lodespace.judgement import Judgement
from lodespace.protocol import SHEET_SIZE, Sheet, SheetItem, SheetKind

DOUBTFUL = 0.5
"""A label that is likelier wrong than right is a suspect."""
NARROW = 0.5
"""An item whose two likeliest classes are closer than this is uncertain."""


def queue(judgement: Judgement, kind: SheetKind) -> tuple[npt.NDArray[np.intp], int]:
    """The items of a queue in their order, and how many of them count: the ones after those only fill a sheet up.

    "suspects": labels that nobody has looked at, the most doubtful first; those count that are likelier wrong than right, or of which
    something else is predicted. "uncertain": items that nobody has looked at, labelled or not, the narrowest margin first; those count
    whose margin is below NARROW. Items of locked classes are left out, and those of which nothing is predicted.
    """
    j = judgement
    open_ = ~j.verified & ~j.locked & j.predicted
    if kind == "suspects":
        items = np.flatnonzero(open_ & j.labelled)
        counts = (j.doubt[items] > DOUBTFUL) | (j.prediction[items] != j.labels[items])
        order = np.lexsort((items, -j.doubt[items], ~counts))
    else:
        items = np.flatnonzero(open_)
        counts = j.margin[items] < NARROW
        order = np.lexsort((items, -j.doubt[items], j.margin[items]))
    return items[order], int(counts.sum())


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
