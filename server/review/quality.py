"""Estimates of label quality without ground truth, from the doubt of each item."""

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, Quality
from lodespace.review.contact_sheets import queue
from lodespace.review.islands import islands
from lodespace.session.item_state import ItemState

TARGET = 0.98
"""Share of correct items at which the labels are good enough."""
TYPICAL_REGION = 27
"""Number of items that a region gesture is assumed to have, until a client has made one. The number
is the size of a contact sheet."""


def doubts(state: ItemState) -> npt.NDArray[np.float32]:
    """Return the probability that the label of each item is wrong (N,); 0 for verified items.

    For an unlabelled item, the prediction counts instead of the label.
    """
    return np.where(state.verified, 0, state.doubt)


def share_right(state: ItemState) -> float | None:
    """Return the estimated share of items whose label is right.

    For an unlabelled item, the prediction counts. Items of islands that no label explains count as
    wrong. Return None while a listed class has no label, and if no item has a prediction, unless
    all items are verified.
    """
    if not state.scorable or not (state.predicted.any() or state.verified.all()):
        return None
    doubt = np.where(unknown_items(state), 1, doubts(state))
    return 1 - float(doubt.mean(dtype=np.float64))


def unknown_items(state: ItemState) -> npt.NDArray[np.bool_]:
    """Return whether each item is unlabelled, in an island that no label explains (N,).

    Such an item is probably of a class that is not listed yet, whatever the prediction.
    """
    if state.labelled.all():
        return np.zeros(len(state.labels), np.bool_)
    return islands(state).unexplained & ~state.labelled


def gestures_left(
    doubt: npt.NDArray[np.float32],
    labelled: npt.NDArray[np.bool_],
    region: float = TYPICAL_REGION,
    target: float = TARGET,
) -> int:
    """Return the number of gestures until 1 - mean of `doubt` (N,) reaches `target`.

    Each gesture is a sheet or a region, whichever removes more doubt. A sheet removes the
    SHEET_SIZE largest doubts. A region removes `region` times the mean doubt of the unlabelled
    items, because the items of a region lie close together and do not have the largest doubts.

    Args:
        doubt: Probability that the label or prediction of each item is wrong, (N,).
        labelled: Which items have a label, (N,).
        region: Number of items per region gesture.
        target: Share of correct items to reach.
    """
    n = len(doubt)
    left, enough = float(doubt.sum(dtype=np.float64)), (1 - target) * n
    order = np.argsort(-doubt, kind="stable")
    falling, free = doubt[order].astype(np.float64), ~labelled[order]
    sheets = np.arange(0, n, SHEET_SIZE)
    of_labelled = np.add.reduceat(np.where(free, 0, falling), sheets)
    of_free = np.add.reduceat(np.where(free, falling, 0), sheets)
    free_count = np.add.reduceat(free.astype(np.int64), sheets)
    # `rest` is the sum of the doubts of the unlabelled items that no sheet has covered;
    # `rest_count` is the number of these items. `untaken` is the share of the unlabelled items that
    # no region has covered.
    rest, rest_count, untaken = float(of_free.sum()), int(free_count.sum()), 1.0
    gestures = k = 0
    while left > enough * (1 + 1e-9):
        by_sheet = of_labelled[k] + untaken * of_free[k] if k < len(sheets) else 0.0
        size = min(region, untaken * rest_count)
        by_region = size * rest / rest_count if rest_count else 0.0
        if max(by_sheet, by_region) <= 0:
            break
        if by_sheet >= by_region:
            left -= by_sheet
            rest, rest_count, k = (
                max(0.0, rest - of_free[k]),
                rest_count - int(free_count[k]),
                k + 1,
            )
        else:
            left -= by_region
            untaken = max(0.0, untaken - size / rest_count)
        gestures += 1
    return gestures


def quality(
    state: ItemState,
    *,
    held_out_accuracy: float | None,
    held_out: int,
    region: float = TYPICAL_REGION,
) -> Quality:
    """Return all estimates of the label quality.

    Args:
        state: State of all items.
        held_out_accuracy: Accuracy on held-out labels, measured by the trainer; None if unknown.
        held_out: Number of held-out labels.
        region: Number of items per region gesture.
    """
    labelled = int(state.labelled.sum())
    known = Quality(
        classes=len(state.classes),
        classes_labelled=len(state.classes) - len(state.lacking),
        unknown=0,
        held_out_accuracy=None,
        held_out=0,
        labelled=labelled,
        verified=int(state.verified.sum()),
        label_error=None,
        right=None,
        gestures_left=None,
        target=TARGET,
        suspects=queue(state, "suspects")[1],
        uncertain=queue(state, "uncertain")[1],
    )
    right = share_right(state)
    if right is None:
        return known
    unknown = unknown_items(state)
    doubt = np.where(unknown, 1, doubts(state)).astype(np.float32)
    wrong = float(doubt[state.labelled].sum(dtype=np.float64))
    return msgspec.structs.replace(
        known,
        unknown=int(unknown.sum()),
        held_out_accuracy=None if held_out_accuracy is None else round(held_out_accuracy, 4),
        held_out=held_out,
        label_error=None if labelled == 0 else round(wrong / labelled, 4),
        right=round(right, 4),
        gestures_left=gestures_left(doubt, state.labelled, region),
    )
