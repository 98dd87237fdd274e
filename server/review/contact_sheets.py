"""Contact sheets: items that an annotator should look at one by one, in two queues."""

import warnings

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, UNLABELED, Sheet, SheetItem, SheetKind
from lodespace.session.item_state import ItemState

DOUBTFUL = 0.5
"""A label with a higher doubt is a suspect: it is more likely wrong than right."""
NARROW = 0.5
"""An item is uncertain if the margin between its two most probable classes is below this value."""
OVERVIEW = 1000
"""Size of the sample from which the first sheet is chosen while there are no predictions.

The sample is divided into SHEET_SIZE groups, and the sheet has one item of each group.
"""
SPREAD = 20
"""The first SPREAD * SHEET_SIZE items of the queue of uncertain items are divided into SHEET_SIZE
groups of neighbours. A sheet has one item from each group, because labels of two neighbours give
the same information. The most uncertain items alone would be mostly outliers, whose labels say
little about other items.
"""
OVERWRITES_FROM = 0.9
"""A sheet proposes another class than the label of an item only if two probabilities have at least
this value: that the label is wrong, and that the prediction is right (`proposed`).
"""
_ROUNDS = 10


def queue(state: ItemState, kind: SheetKind) -> tuple[npt.NDArray[np.intp], int]:
    """Return the items of a queue in order, and the number of items that need a look.

    The items that need a look come first; the other items only fill up a sheet. Items of locked
    classes are left out. Items without a prediction are left out, unless no item has a prediction.

    Args:
        state: State of all items.
        kind: "suspects": unverified labels, highest doubt first. A label needs a look if its doubt
            is above DOUBTFUL. This queue is empty while a listed class has no label: the model does
            not know this class, so its doubts mean little. "uncertain": unverified items, smallest
            margin first, but one item of each group of neighbours is moved to the front. An item
            needs a look if its margin is below NARROW. If no item has a prediction, this queue is
            an overview: all unlabelled items, beginning with items from all over the map.
    """
    if kind == "uncertain" and not state.predicted.any():
        items = np.flatnonzero(~state.labelled & ~state.locked)
        order = np.argsort(_scattered(len(items)), kind="stable")
        return _spread(items[order], state.positions, OVERVIEW), len(items)
    open_ = ~state.verified & ~state.locked & state.predicted
    if kind == "suspects" and not state.scorable:
        return np.empty(0, np.intp), 0
    if kind == "suspects":
        items = np.flatnonzero(open_ & state.labelled)
        order = np.lexsort((items, -state.doubt[items]))
        return items[order], int((state.doubt[items] > DOUBTFUL).sum())
    items = np.flatnonzero(open_)
    order = np.lexsort((items, -state.doubt[items], state.margin[items]))
    total = int((state.margin[items] < NARROW).sum())
    block = min(SPREAD * SHEET_SIZE, max(SHEET_SIZE, total))
    return _spread(items[order], state.positions, block), total


def _spread(
    items: npt.NDArray[np.intp], positions: npt.NDArray[np.int32], block: int
) -> npt.NDArray[np.intp]:
    """Return `items` (K,) with one representative of each group moved to the front.

    The first `block` items are divided into SHEET_SIZE groups by k-means, which starts from points
    far from one another. The item nearest to the mean of a group represents the group. Only the
    first sheet needs representatives: the next sheet is chosen after the model has learned from the
    first sheet.
    """
    from scipy.spatial.distance import cdist  # imported here: the import takes 0.2 s

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
    """Divide `points` (N, D) into groups, and return the means of the groups (SHEET_SIZE, D)."""
    from scipy.cluster.vq import kmeans2

    with warnings.catch_warnings():
        # A group becomes empty if points coincide. An empty group keeps its previous mean.
        warnings.filterwarnings("ignore", "One of the clusters is empty", UserWarning)
        means, _ = kmeans2(points, points[_far_apart(points, SHEET_SIZE)], _ROUNDS, minit="matrix")
    return means


def _far_apart(points: npt.NDArray[np.float64], count: int) -> list[int]:
    """Return `count` indices of `points` (N, D), the first of which is 0.

    Each further index is the index of the point whose nearest chosen point is farthest away.
    """
    chosen = [0]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return chosen


def _scattered(n: int) -> npt.NDArray[np.float64]:
    """Return sort keys (N,) in [0, 1), the same keys for each call.

    When N items are sorted by these keys, the first K items are spread evenly over the original
    order, for any K. The keys are multiples of the silver ratio. Multiples of the golden ratio
    choose the held-out labels (models/training/labels.py). If both used the same keys, half of the
    items on an overview sheet would be held out.
    """
    return (np.arange(n, dtype=np.float64) * np.float64(0.41421356237309515)) % np.float64(1)


def sheet(state: ItemState, kind: SheetKind, size: int = SHEET_SIZE, skip: int = 0) -> Sheet:
    """Return a contact sheet: `size` items of the queue `kind`, without its first `skip` items.

    The items of a sheet are sorted by predicted class, then by doubt, highest first. `state` has
    calibrated probabilities.
    """
    items, total = queue(state, kind)
    items = items[skip : skip + size]
    items = items[np.lexsort((items, -state.doubt[items], state.prediction[items]))]
    shown = [
        SheetItem(
            item=item,
            class_id=int(state.labels[item]),
            prediction=int(state.prediction[item]),
            confidence=round(float(state.confidence[item]), 4),
            doubt=round(float(state.doubt[item]), 4),
            proposed=class_id,
        )
        for item, class_id in zip(items.tolist(), proposed(state, items).tolist(), strict=True)
    ]
    wrong = float(state.doubt[items].sum())
    expected_wrong = round(wrong, 2) if state.scorable else None
    return Sheet(kind=kind, items=shown, total=total, expected_wrong=expected_wrong)


def proposed(state: ItemState, items: npt.NDArray[np.intp]) -> npt.NDArray[np.int16]:
    """Return the class (K,) that each of `items` (K,) gets if a person confirms the sheet.

    This class is the label of the item; for an item without a label, its prediction. A prediction
    of another class replaces the label only if two probabilities are at least OVERWRITES_FROM: that
    the prediction is right, and that the label is wrong.
    """
    label, predicted = state.labels[items], state.prediction[items]
    sure = (state.confidence[items] >= OVERWRITES_FROM) & (state.doubt[items] >= OVERWRITES_FROM)
    return np.where((label == UNLABELED) | (sure & (predicted != UNLABELED)), predicted, label)
