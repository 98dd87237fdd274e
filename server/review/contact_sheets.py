"""Contact sheets: items that an annotator should look at one by one."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, UNLABELED, Sheet, SheetGroup, SheetItem, SheetKind
from lodespace.review.doubts import doubts
from lodespace.review.islands import unknown
from lodespace.review.overview import overview, places
from lodespace.review.places import middles_of, nearest_to
from lodespace.review.sheet_size import labelled_singly
from lodespace.session.item_state import ItemState

DOUBTFUL = 0.5
"""A label with a higher doubt is a suspect: it is more likely wrong than right."""
NARROW = 0.5
"""An item is uncertain if the margin between its two most probable classes is below this value."""
SPREAD = 10
"""The first SPREAD items per picture of a sheet, in the queue of uncertain items, are divided into
groups of neighbours, one group per picture. A sheet has one item from each group, because labels
of two neighbours give the same information. The most uncertain items alone would be mostly
outliers, whose labels say little about other items. With more than SPREAD items per picture, the
first items of small data sets would include most items that are not uncertain (docs/gain.md).
"""
OVERWRITES_FROM = 0.9
"""For a labelled item, a sheet proposes the predicted class instead of the label only if two
probabilities have at least this value: that the label is wrong, and that the prediction is right
(`proposed`).
"""
SEARCHED = 9
"""Number of pictures on an overview sheet per class without a label, or per island that is probably
of a new class. The other pictures of the sheet are uncertain items. If several classes lack a
label, fewer pictures may be enough (`_searching`).
"""

EXPLORING = 1 / 3
"""Share of the pictures on a sheet of uncertain items that show places without a label instead, as
long as few items have labels of their own (`is_exploring`).

A cluster that is unlike the other items of its class is predicted wrongly, but without doubt. On
GunPoint, a set for tuning, such a cluster was left after 9 to 27 labels in one of four runs: the
page expected 0.95 of the items to be right, and 0.70 were.
"""
EXPLORING_UNTIL = SHEET_SIZE
"""A sheet shows such places if fewer items than this number have labels of their own."""
CHECKING_UNTIL = 2 * SHEET_SIZE
"""A sheet also shows such places if fewer items than this number have labels of their own, and the
expected share right is at least NEARLY_ALL.

Where classes overlap, pictures of uncertain items are worth more (docs/gain.md). Where nearly all
items are expected to be right, such places show whether this is so, before no further gesture is
suggested.
"""
NEARLY_ALL = 0.9
"""Smallest expected share right with which sheets show such places until CHECKING_UNTIL."""

Items = npt.NDArray[np.intp]


class _Chosen(NamedTuple):
    """The K items of a sheet, in G groups."""

    items: Items
    """Numbers of the items (K,), group by group."""
    group: Items
    """Group of each item (K,), ascending."""
    groups: list[SheetGroup]
    """The groups (G,)."""
    total: int
    """Number of items that need a look, including the items of later sheets."""


def queue(state: ItemState, kind: SheetKind, size: int = SHEET_SIZE) -> tuple[Items, int]:
    """Return the items of a queue in order, and the number of items that need a look.

    The items that need a look come first; the other items only fill up a sheet. Items of locked
    classes are left out. Items without a prediction are left out, unless no item has a prediction.

    Args:
        state: State of all items.
        kind: "suspects" has the unverified labels, highest doubt first. A label needs a look if its
            doubt is above DOUBTFUL. This queue is empty while a listed class has no label: the
            model does not know this class, so its doubts mean little. "uncertain" has the
            unverified items, smallest margin first, but one item of each group of neighbours is
            moved to the front. An item needs a look if its margin is below NARROW. "overview" has a
            sheet of items from places without a label, then all other unlabelled items. While no
            item has a prediction, "uncertain" is the same queue as "overview".
        size: Number of items on a sheet. The order of the queue depends on it: the first sheet has
            one item of each group of neighbours. Sheets of more than SHEET_SIZE items have
            SHEET_SIZE groups.
    """
    size = min(size, SHEET_SIZE)
    if is_overview(state, kind):
        chosen = _overview_chosen(state, size)
        return chosen.items, chosen.total
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
    block = min(SPREAD * size, max(size, total))
    return _spread(state, items[order], block, size), total


def is_overview(state: ItemState, kind: SheetKind) -> bool:
    """Return whether a sheet of this kind is an overview.

    Before the first predictions, no item is more uncertain than another. A sheet of the kind
    "uncertain" is then also an overview.
    """
    return kind == "overview" or (kind == "uncertain" and not state.predicted.any())


def _spread(state: ItemState, items: Items, block: int, groups: int) -> Items:
    """Return `items` (K,) with one representative of each group moved to the front.

    The first `block` items are divided into `groups` groups by k-means, which starts from points
    far from one another. The item nearest to the mean of a group represents the group. Only the
    first sheet needs representatives, because the next sheet is chosen after the model has learned
    from the first sheet.
    """
    near = state.positions[items[:block]].astype(np.float64)
    if len(near) <= groups:
        return items
    chosen = nearest_to(near, middles_of(near, near[:0], groups))
    rest = np.delete(np.arange(len(near)), chosen)
    return np.concatenate([items[:block][chosen], items[:block][rest], items[block:]])


def is_exploring(state: ItemState, size: int) -> bool:
    """Return whether a sheet of `size` uncertain items also shows places without a label.

    `state` has calibrated probabilities.
    """
    labels = labelled_singly(state)
    if labels >= CHECKING_UNTIL or int(np.count_nonzero(~state.labelled)) <= size:
        return False
    return labels < EXPLORING_UNTIL or _expected_right(state) >= NEARLY_ALL


def _expected_right(state: ItemState) -> float:
    """Return the expected share of right labels, where a prediction counts as a label.

    Return 0 while a listed class has no label. Items of unknown islands (islands.py) count like
    others.
    """
    if not state.scorable:
        return 0.0
    return 1 - float(doubts(state).mean(dtype=np.float64))


def _with_places(state: ItemState, items: Items, size: int) -> Items:
    """Return `items` (K,) with items from places without a label among the first `size` items.

    They replace the share EXPLORING of the first items.
    """
    count = round(EXPLORING * size)
    if len(items) <= size or count == 0:
        return items
    first = items[: size - count]
    pool = np.zeros(len(state.labels), np.bool_)
    pool[items] = True
    found = places(state, pool, count, first)
    rest = items[size - count :]
    return np.concatenate([first, found, rest[~np.isin(rest, found)]])


def sheet(state: ItemState, kind: SheetKind, size: int = SHEET_SIZE, skip: int = 0) -> Sheet:
    """Return a contact sheet: `size` items of the queue `kind`, without its first `skip` items.

    While labels are few, a part of the uncertain items are from places without a label (EXPLORING).
    `state` has calibrated probabilities.
    """
    which = slice(skip, skip + size)
    if is_overview(state, kind):
        chosen = _part(_overview_chosen(state, min(size, SHEET_SIZE)), which)
    else:
        items, total = queue(state, kind, size)
        if kind == "uncertain" and is_exploring(state, size):
            items = _with_places(state, items, min(size, SHEET_SIZE))
            # A place without a label needs a look, even if no item there is uncertain.
            total = max(total, min(len(items), round(EXPLORING * size)))
        chosen = _by_prediction(state, items[which], total)
    items, group, groups, total = chosen
    shown = sheet_items(state, items, state.doubt[items], proposed(state, items), group)
    wrong = float(state.doubt[items].sum())
    expected_wrong = round(wrong, 2) if state.scorable else None
    return Sheet(kind=kind, items=shown, groups=groups, total=total, expected_wrong=expected_wrong)


def sheet_items(
    state: ItemState,
    items: Items,
    doubt: npt.NDArray[np.floating],
    classes: npt.NDArray[np.integer],
    group: Items,
) -> list[SheetItem]:
    """Return `items` (K,) as a sheet shows them.

    Args:
        state: State of all items.
        items: Numbers of the items (K,).
        doubt: Probability that each label is wrong (K,).
        classes: Class that each item gets if a person confirms the sheet (K,).
        group: Group of each item (K,).
    """
    return [
        SheetItem(
            item=item,
            class_id=int(state.labels[item]),
            prediction=int(state.prediction[item]),
            confidence=round(float(state.confidence[item]), 4),
            doubt=round(float(wrong), 4),
            proposed=int(class_id),
            group=int(number),
        )
        for item, wrong, class_id, number in zip(items.tolist(), doubt, classes, group, strict=True)
    ]


def _by_prediction(state: ItemState, items: Items, total: int) -> _Chosen:
    """Return `items` (K,), grouped by predicted class, and sorted by doubt within each group."""
    items = items[np.lexsort((items, -state.doubt[items], state.prediction[items]))]
    classes, group = np.unique(state.prediction[items], return_inverse=True)
    groups = [SheetGroup(size=None, may_be_new=False)] * len(classes)
    return _Chosen(items, group.astype(np.intp), groups, total)


def _overview_chosen(state: ItemState, size: int) -> _Chosen:
    """Return a sheet of `size` items from places without a label, then all other unlabelled items.

    While a listed class has no label, the sheet shows items from all places. When each class has a
    label, it shows items of islands that are probably of a new class (islands.py). Uncertain items
    fill up the sheet (`_searching`).
    """
    free, strange = ~state.labelled & ~state.locked, unknown(state)
    missing = strange.islands if state.scorable else len(state.lacking)
    searched = free & strange.items if state.scorable and missing else free
    found = overview(state, searched, _searching(state, missing, size))
    may_be_new = np.bincount(found.group, strange.items[found.items]) > 0.5 * np.bincount(
        found.group
    )
    groups = [
        SheetGroup(size=stands_for, may_be_new=new)
        for stands_for, new in zip(found.sizes.tolist(), may_be_new.tolist(), strict=True)
    ]
    chosen = _Chosen(found.items, found.group, groups, int(searched.sum()))
    if state.predicted.any():
        more = queue(state, "uncertain", size)[0]
        more = more[~np.isin(more, chosen.items)][: size - len(chosen.items)]
        chosen = _joined(chosen, _by_prediction(state, more, 0))
    rest = np.setdiff1d(np.flatnonzero(free), chosen.items)
    return _joined(chosen, _by_prediction(state, rest, 0))


def _searching(state: ItemState, missing: int, size: int) -> int:
    """Return how many of `size` pictures search for classes that have no label yet.

    There are SEARCHED pictures for each of the `missing` classes or islands. If nothing is missing
    or nothing is predicted, the whole sheet searches.

    If several listed classes have no label, fewer pictures are enough. I. J. Good (1953) estimates
    the share of items whose class has not been seen by the share of seen items that are the only
    one of their class. The search gets this share of the sheet, or the share of listed classes
    without a label if it is larger, but at least SEARCHED pictures. With 200 classes, the share is
    about 0.6 after five sheets, and 0.3 after ten. Labels that were given to many items at once are
    left out.
    """
    if missing == 0 or not state.predicted.any():
        return size
    pictures = min(size, SEARCHED * missing)
    seen = state.labels[state.labelled & (state.verified | state.given)]
    if len(state.lacking) == 0 or len(seen) == 0:
        return pictures
    alone = np.count_nonzero(np.bincount(seen) == 1) / len(seen)
    share = max(alone, len(state.lacking) / len(state.classes))
    return min(pictures, max(SEARCHED, round(size * share)))


def _joined(first: _Chosen, second: _Chosen) -> _Chosen:
    """Return the items of `first` followed by the items of `second`, with the total of `first`."""
    return _Chosen(
        np.concatenate([first.items, second.items]),
        np.concatenate([first.group, second.group + len(first.groups)]),
        first.groups + second.groups,
        first.total,
    )


def _part(chosen: _Chosen, which: slice) -> _Chosen:
    """Return a part of the items of a sheet, without groups that have no item in this part."""
    kept, group = np.unique(chosen.group[which], return_inverse=True)
    groups = [chosen.groups[k] for k in kept.tolist()]
    return chosen._replace(items=chosen.items[which], group=group, groups=groups)


def proposed(state: ItemState, items: Items) -> npt.NDArray[np.int16]:
    """Return the class (K,) that each of `items` (K,) gets if a person confirms the sheet.

    This class is the label of the item; for an item without a label, its prediction. A prediction
    of another class replaces the label only if two probabilities are at least OVERWRITES_FROM: that
    the prediction is right, and that the label is wrong.
    """
    label, predicted = state.labels[items], state.prediction[items]
    sure = (state.confidence[items] >= OVERWRITES_FROM) & (state.doubt[items] >= OVERWRITES_FROM)
    return np.where((label == UNLABELED) | (sure & (predicted != UNLABELED)), predicted, label)
