"""Estimation of the label quality without ground truth, from the model's probabilities."""

import math

import msgspec
import numpy as np

from lodespace.protocol import Interval, Quality
from lodespace.review.calibration import Calibration, interval, share_interval
from lodespace.review.contact_sheets import queue
from lodespace.review.doubts import doubts
from lodespace.review.islands import unknown
from lodespace.session.item_state import ItemState

WIDEST = 0.35
"""Before SHOWN_FROM contact sheets, a share is shown only if its interval is at most this wide."""
SHOWN_FROM = 4
"""After this number of confirmed contact sheets, the share is shown even if its interval is wide.

The share is the estimated share of right items. The first sheet of a session does not count,
because it has no predictions. So a share with a wide interval is shown from the fifth sheet on.
"""
FEWEST_LABELS = 18
"""With fewer labels, no share is shown: a whole cluster may be without a label."""
UNKNOWN_BUT_RIGHT = 0.3
"""Weight of the predictions of unknown items (`islands.unknown`) in the estimate.

These items are all right, or all wrong because their class is not known yet. The interval contains
both cases. In 28 sessions on digits and segments, with and without a list of classes, more than
0.95 of these predictions were right. But a person who has only named two of three clusters would
then see a share that is much too large.
"""

EASIER = 0.35
"""For the upper bound of the interval, this share of the predictions that count as wrong at the
upper quantile counts as right.

Sheets show hard items, so the calibration knows little about easy ones: items that no sheet shows
are right more often than the curve through the answers on sheets. Chosen on digits and segments,
the tuning sets of the gain benchmark, with three seeds each: 0.35 is the smallest share with which
the truth was inside the interval after each of 66 gestures. With 0.2, it was above the interval
after 2 of them, and never below it.
"""

_NEAR = 1e-6
"""Distance from a whole number that is a rounding error."""


def share_right(state: ItemState) -> float | None:
    """Return the estimated share of items whose label is right.

    For an unlabelled item, the prediction counts as its label. The prediction counts as wrong if
    the item is in a dense group with too few labels (islands.py). Return None while a listed class
    has no label. Also return None if no item has a prediction, unless all items are verified.

    `Quality.right` gives the predictions in such a group a small weight. This share decides whether
    a gesture is still needed, and such a group needs one.
    """
    if not _can_estimate(state):
        return None
    doubt = np.where(unknown(state).items, 1, doubts(state))
    return 1 - float(doubt.mean(dtype=np.float64))


def _can_estimate(state: ItemState) -> bool:
    """Return whether every listed class has a label, and there are predictions to judge."""
    return state.scorable and bool(state.predicted.any() or state.verified.all())


def quality(
    state: ItemState,
    *,
    held_out_accuracy: float | None,
    held_out: int,
    calibration: Calibration | None = None,
) -> Quality:
    """Return all estimates of the label quality.

    Args:
        state: State of all items, with the doubts of the model.
        held_out_accuracy: Accuracy on held-out labels, measured by the trainer; None if unknown.
        held_out: Number of held-out labels.
        calibration: Calibration with answers on contact sheets; None before the first answer.
    """
    calibration = calibration or Calibration()
    calibrated = calibration.applied(state)
    labelled = int(state.labelled.sum())
    judged = bool(state.predicted.any() or state.verified.all())
    known = Quality(
        classes=len(state.classes),
        classes_labelled=len(state.classes) - len(state.lacking),
        unknown=0,
        held_out_accuracy=None,
        held_out=0,
        held_out_interval=None,
        labelled=labelled,
        verified=int(state.verified.sum()),
        label_error=None,
        label_error_interval=None,
        right=None,
        right_interval=None,
        sheets=calibration.sheets,
        suspects=queue(calibrated, "suspects")[1] if judged and state.scorable else None,
        uncertain=queue(calibrated, "uncertain")[1] if judged else None,
    )
    if not _can_estimate(state):
        return known
    found = _Estimates(state, calibrated, calibration)
    if found.too_vague:
        return msgspec.structs.replace(known, unknown=int(found.unknown.sum()))
    accuracy = held_out_accuracy if held_out > 0 else None
    return msgspec.structs.replace(
        known,
        unknown=int(found.unknown.sum()),
        held_out_accuracy=None if accuracy is None else round(accuracy, 4),
        held_out=held_out,
        held_out_interval=None
        if accuracy is None
        else _rounded(share_interval(accuracy, held_out)),
        label_error=found.label_error,
        label_error_interval=found.label_error_interval,
        right=round(found.right, 4),
        right_interval=_rounded(found.interval),
    )


class _Estimates:
    """Shares of right items, and their intervals."""

    def __init__(self, state: ItemState, calibrated: ItemState, calibration: Calibration) -> None:
        n = len(state.labels)
        self._sheets = calibration.sheets
        labelled = calibration.labelled
        self._few = labelled is not None and labelled < min(FEWEST_LABELS, n)
        self.unknown = unknown(state).items
        doubt = doubts(calibrated)
        of_unknown = 1 - UNKNOWN_BUT_RIGHT * (1 - doubt)
        self._doubt = np.where(self.unknown, of_unknown, doubt).astype(np.float32)
        free = ~state.labelled & ~self.unknown & state.predicted
        unsure = state.labelled & ~state.verified
        own, taken = unsure & ~state.accepted, unsure & state.accepted
        labels = calibration.labels.draws(1 - state.doubt[own])
        labels = labels + calibration.predictions.draws(1 - state.doubt[taken])
        predictions = calibration.predictions.draws(1 - state.doubt[free])
        all_right = calibration.predictions.draws(1 - state.doubt[self.unknown])
        self.right = 1 - float(self._doubt.mean(dtype=np.float64))
        low, high = interval((int(state.verified.sum()) + labels + predictions) / n)
        self._width = high - low + UNKNOWN_BUT_RIGHT * float(all_right.mean()) / n
        high += float(all_right.mean()) / n
        high += EASIER * (int(free.sum()) - interval(predictions)[1]) / n
        self.interval = _of_whole_items((min(low, self.right), max(high, self.right)), n)
        """Lower and upper bound of `right`."""
        self.label_error: float | None = None
        self.label_error_interval: Interval | None = None
        if (labelled := int(state.labelled.sum())) > 0:
            wrong = float(self._doubt[state.labelled].sum(dtype=np.float64)) / labelled
            least, most = interval((int(unsure.sum()) - labels) / labelled)
            self.label_error = round(wrong, 4)
            ends = _of_whole_items((min(least, wrong), max(most, wrong)), labelled)
            self.label_error_interval = _rounded(ends)

    @property
    def too_vague(self) -> bool:
        """Whether labels are so few, or the interval is so wide without EASIER, that nothing is
        shown."""
        return self._few or (self._width > WIDEST and self._sheets < SHOWN_FROM)


def _of_whole_items(bounds: tuple[float, float], count: int) -> tuple[float, float]:
    """Return the bounds of a share of `count` items, extended to shares of whole items.

    The true share is one of whole items. Near 0 and 1, an interval may end between the last two.
    """
    low, high = bounds
    first, last = math.floor(low * count + _NEAR), math.ceil(high * count - _NEAR)
    return max(0, first) / count, min(count, last) / count


def _rounded(bounds: tuple[float, float]) -> Interval:
    """Return the interval with four decimals. Its bounds are rounded away from its middle."""
    low, high = bounds
    return Interval(
        low=max(0, math.floor(low * 1e4 + _NEAR)) / 1e4,
        high=min(10_000, math.ceil(high * 1e4 - _NEAR)) / 1e4,
    )
