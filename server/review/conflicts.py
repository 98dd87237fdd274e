"""Conflict sheets: items on which people and rules vote for different classes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import Sheet, SheetGroup, SheetItem
from lodespace.rules.label_model import fit
from lodespace.session.item_state import ItemState
from lodespace.session.sources import SessionVotes

Items = npt.NDArray[np.intp]


class Conflicts(NamedTuple):
    """K items on which sources disagree, most informative first."""

    items: Items
    """Numbers of the items (K,)."""
    proposed: npt.NDArray[np.int16]
    """Most probable class by the label model (K,)."""
    doubt: npt.NDArray[np.float64]
    """Probability that this class is wrong (K,)."""
    group: Items
    """Group of each item (K,): items with the same votes are in one group."""


def conflicts(votes: SessionVotes, settled: npt.NDArray[np.bool_], n_classes: int) -> Conflicts:
    """Return the items on which sources vote for different classes, most informative first.

    A person's answer decides one item, and shows for all items with the same votes which source is
    right. So the value of an answer is the entropy of the class probabilities of the item, and the
    first answers about many items with the same votes count more.

    Args:
        votes: Votes of all people and rules.
        settled: Items (N,) that somebody has decided (`decided`).
        n_classes: Number of classes.
    """
    if len(votes.votes.items) == 0:
        none = np.empty(0, np.intp)
        return Conflicts(none, none.astype(np.int16), np.empty(0), none)
    model = fit(votes.votes, votes.expected, len(settled), max(1, n_classes))
    candidates = model.candidates
    patterns = candidates.patterns
    starts = candidates.starts
    differ = np.diff(starts) > 1
    items = np.flatnonzero(patterns.of_item >= 0)
    items = items[differ[patterns.of_item[items]] & ~settled[items]]
    pattern = patterns.of_item[items]
    p = np.clip(model.probabilities, 1e-12, 1)
    entropy = np.add.reduceat(-p * np.log2(p), starts[:-1])
    classes, sure = model.labels()
    order = np.argsort(pattern, kind="stable")
    count = np.bincount(pattern, minlength=len(differ))
    first = np.cumsum(count) - count
    rank = np.empty(len(items), np.int64)
    rank[order] = np.arange(len(items)) - first[pattern[order]]
    value = entropy[pattern] * (1 + np.log(np.maximum(count[pattern], 1)) / (1 + rank))
    best = np.lexsort((items, -value))
    items = items[best]
    return Conflicts(
        items.astype(np.intp), classes[items].astype(np.int16), 1 - sure[items], pattern[best]
    )


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
    shown = [
        SheetItem(
            item=int(item),
            class_id=int(state.labels[item]),
            prediction=int(state.prediction[item]),
            confidence=round(float(state.confidence[item]), 4),
            doubt=round(float(wrong), 4),
            proposed=int(class_id),
            group=int(number),
        )
        for item, class_id, wrong, number in zip(items, proposed, doubt, group, strict=True)
    ]
    return Sheet(
        kind="conflicts",
        items=shown,
        groups=[SheetGroup(size=None, may_be_new=False)] * len(classes),
        total=total,
        expected_wrong=round(float(doubt.sum()), 2),
    )
