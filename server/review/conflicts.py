"""Conflict sheets: items on which people and rules vote for different classes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import Sheet, SheetGroup
from lodespace.review.contact_sheets import sheet_items
from lodespace.session.fitted_votes import FittedVotes
from lodespace.session.item_state import ItemState
from lodespace.session.sources import open_conflicts

Items = npt.NDArray[np.intp]


class Conflicts(NamedTuple):
    """K items on which sources disagree and nobody has decided, most informative first."""

    items: Items
    """Numbers of the items (K,)."""
    proposed: npt.NDArray[np.int16]
    """Most probable class by the label model (K,)."""
    doubt: npt.NDArray[np.float64]
    """Probability that this class is wrong (K,)."""


def conflicts(found: FittedVotes) -> Conflicts:
    """Return the open conflicts, most informative first.

    A person's answer decides one item, and shows for all items with the same votes which source is
    right. So the value of an answer is the entropy of the class probabilities of the item, and the
    first answers about many items with the same votes count more.
    """
    items, model = open_conflicts(found.state, found.votes), found.model
    if len(items) == 0:
        return Conflicts(items, items.astype(np.int16), items.astype(np.float64))
    starts = model.candidates.starts
    pattern = model.candidates.patterns.of_item[items]
    p = np.clip(model.probabilities, 1e-12, 1)
    entropy = np.add.reduceat(-p * np.log2(p), starts[:-1])
    classes, sure = model.labels()
    order = np.argsort(pattern, kind="stable")
    count = np.bincount(pattern, minlength=len(entropy))
    first = np.cumsum(count) - count
    rank = np.empty(len(items), np.int64)
    rank[order] = np.arange(len(items)) - first[pattern[order]]
    value = entropy[pattern] * (1 + np.log(np.maximum(count[pattern], 1)) / (1 + rank))
    items = items[np.lexsort((items, -value))]
    return Conflicts(items, classes[items].astype(np.int16), 1 - sure[items])


def sheet(state: ItemState, found: Conflicts, size: int, skip: int) -> Sheet:
    """Return `size` of the conflicts, without the first `skip`. Items of locked classes are left
    out."""
    free = ~state.locked[found.items]
    items, proposed, doubt = found.items[free], found.proposed[free], found.doubt[free]
    total, which = len(items), slice(skip, skip + size)
    items, proposed, doubt = items[which], proposed[which], doubt[which]
    order = np.lexsort((items, -doubt, proposed))
    items, proposed, doubt = items[order], proposed[order], doubt[order]
    classes, group = np.unique(proposed, return_inverse=True)
    return Sheet(
        kind="conflicts",
        items=sheet_items(state, items, doubt, proposed, group),
        groups=[SheetGroup(size=None, may_be_new=False)] * len(classes),
        total=total,
        expected_wrong=round(float(doubt.sum()), 2),
    )
