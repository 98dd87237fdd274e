"""Calibration of doubts by the answers of people on contact sheets.

A sheet shows each item with a class: its label, or else its prediction. A person confirms this
class or changes it. The model had given a probability for the class that was shown. Sheets do not
show a random sample: they show the items with the largest doubt. So the share of right classes on a
sheet differs from the share among all items. Among items of equal probability, both shares are
almost the same. The calibration is a logistic regression of the answers on the log-odds of the
probability (J. Platt 1999), with a prior around "the probability is right". The posterior gives
both the calibrated probability and its uncertainty, also for probabilities that no sheet has shown
yet.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.protocol import SHEET_SIZE, UNLABELED
from lodespace.session.events import ClassIds
from lodespace.session.item_state import ItemState
from lodespace.session.session import AnnotationSession

Floats = npt.NDArray[np.float64]

NEWEST = 30
"""Largest number of contact sheets whose answers the calibration uses.

The newest sheets are used.
"""
FADING = 0.75
"""Weight of the answers on a contact sheet of SHEET_SIZE items, relative to the answers on the next
newer sheet.

Older answers count less, because the model changes. The model changes less after a smaller sheet:
its answers have the weight FADING to the power of the size of the newer sheets / SHEET_SIZE.
"""
SAME_SHEET = 0.5
"""Weight of one answer in the fit of the curve.

The weight is less than 1, because items on one sheet are similar.
"""
OFFSET_DEVIATION = 0.9
"""Standard deviation of the prior of the offset, in log-odds.

On the data sets of docs/gain.md, the offset before the first answers was between -1.5 and 1.2.
"""
LABELS_LIKE_PRIOR = 18
"""With this number of labels, the variance of the prior of the offset for predictions is twice as
large as with many labels.

After a first sheet of 9 or 18 pictures, the offset was -2.2 once in 24 sessions (benchmarks/
tuning_sets.py): a cluster had no label.
"""
LARGEST_ODDS = 6.0
"""Largest absolute log-odds that are used. They correspond to a probability of 0.9975."""
UNATTENDED = 5.0
"""The answers on a sheet are not used if the person changed nothing on it and its `_Sheet.surprise`
is at least this number, in nats. According to the model, such a sheet contains errors with a
probability of at least 1 - exp(-5). So probably nobody has looked at the sheet.
"""
UNATTENDED_RUN = 10.0
"""The answers on consecutive sheets are not used if the person changed nothing on them and the sum
of their `_Sheet.surprise` is at least this number, in nats. According to the model, these sheets
contain errors with a probability of at least 1 - exp(-10). So probably nobody has looked at the
sheets.
"""
DRAWS = 200
"""Number of draws from a posterior. Intervals are quantiles of these draws."""
INTERVAL = (0.05, 0.95)
"""Lower and upper quantile that bound an interval."""
_STEPS = 256
_GRID = np.linspace(0, 1, _STEPS)


class Prior(NamedTuple):
    """Prior of the slope of a curve, and the width of the intervals from its posterior."""

    slope: float = 1.0
    """Mean of the slope."""
    deviation: float = 0.25
    """Standard deviation of the slope."""
    wider: float = 1.0
    """Factor that widens the posterior's deviations for intervals, once there are answers."""


OF_LABELS = Prior()
"""Prior for labels, and for predictions that differ from a label."""
OF_PREDICTIONS = Prior(slope=1.1, wider=1.5)
"""Prior for predictions of items without a label.

The model calibrates its probabilities by labels, and most labels are of hard items. For items
without a label, the true slope was 1.3 on average, in three sessions on segments and two on digits.
On the overconfident models of tests/review, a mean above 1.15 gives errors above 0.15. A curve of
two parameters fits no model exactly: items that no sheet shows are right more often than the curve
through the answers on sheets. In the sessions on segments and digits, the 90 % interval contained
the true share right after 0.67 of the sheets with the slope 1 and the factor 1. With the slope 1.1
and the factors 1.3, 1.4 and 1.5, it was 0.80, 0.88 and 0.96.
"""


class Answers(NamedTuple):
    """Answers of people about E items, with the probabilities that the model had given before."""

    probability: Floats
    """Probability (E,) that the model gave to the class of each item before the person answered."""
    right: npt.NDArray[np.bool_]
    """Whether the person kept the class (E,)."""
    weight: Floats
    """Weight of the answer (E,)."""


class Evidence(NamedTuple):
    """Answers from the newest sheets of a session."""

    predictions: Answers
    """Answers about predictions of items without a label."""
    labels: Answers
    """Answers about labels."""
    proposals: Answers
    """Answers about predictions that differed from the label of the item."""
    sheets: int
    """Number of sheets that the answers come from."""
    labelled: int | None
    """Number of items with a label; None for many."""


class _Sheet(NamedTuple):
    """A confirmed sheet of K items."""

    doubt: npt.NDArray[np.floating]
    confidence: npt.NDArray[np.floating]
    said: ClassIds
    label: ClassIds
    predicted: ClassIds
    surprise: float
    """Negative logarithm of the model's probability that all classes on the sheet are right, in
    nats. 0 if the person changed a class.
    """


def evidence(session: AnnotationSession) -> Evidence:
    """Return the answers of people on the newest contact sheets. Undone sheets are left out."""
    sheets = _attended(list(islice(_sheets(session), NEWEST)))
    newer = np.cumsum([0, *(len(s.said) for s in sheets)]) / SHEET_SIZE
    weights = [
        np.full(len(s.said), SAME_SHEET * FADING**k) for s, k in zip(sheets, newer, strict=False)
    ]
    columns = [np.concatenate(column) for column in list(zip(*sheets, strict=True))[:5]]
    doubt, confidence, said, label, predicted = columns or [np.empty(0)] * 5
    weight = np.concatenate([*weights, np.empty(0)])

    def answers(
        which: npt.NDArray[np.bool_], probability: npt.NDArray[np.floating], class_id: ClassIds
    ) -> Answers:
        use = which & (said != UNLABELED)
        return Answers(probability[use].astype(np.float64), (said == class_id)[use], weight[use])

    free, there = label == UNLABELED, predicted != UNLABELED
    return Evidence(
        answers(free & there, 1 - doubt, predicted),
        answers(~free & there, 1 - doubt, label),
        answers(~free & there & (predicted != label), confidence, predicted),
        len(sheets),
        int((session.labels != UNLABELED).sum()),
    )


def _sheets(session: AnnotationSession) -> Iterator[_Sheet]:
    """Yield confirmed contact sheets, newest first.

    Sheets that were undone and sheets without probabilities are left out.
    """
    resolve = session.classes.resolve
    for record in reversed(session.history.gestures.values()):
        seen = record.seen
        if seen is None or record.undone:
            continue
        given = (
            np.full(len(record.items), record.class_id, np.int16)
            if record.class_ids is None
            else record.class_ids
        )
        said, label, predicted = resolve(given), resolve(seen.labels), resolve(seen.predictions)
        standing = np.where(label == UNLABELED, predicted, label)
        known = (standing != UNLABELED) & (said != UNLABELED)
        if known.any():
            kept = bool((said == standing)[known].all())
            right = np.clip(1 - seen.doubts[known].astype(np.float64), 1e-3, 1)
            surprise = float(-np.log(right).sum()) if kept else 0.0
            yield _Sheet(seen.doubts, seen.confidences, said, label, predicted, surprise)


def _attended(sheets: list[_Sheet]) -> list[_Sheet]:
    """Return `sheets` without the sheets that a person probably confirmed without a look.

    On such a sheet, the person changed nothing, although the model expected errors (UNATTENDED).
    """
    found: list[_Sheet] = []
    for changed, group in groupby(sheets, lambda sheet: sheet.surprise == 0):
        run = list(group)
        if changed or sum(sheet.surprise for sheet in run) < UNATTENDED_RUN:
            found += [sheet for sheet in run if sheet.surprise < UNATTENDED]
    return found


class Curve:
    """Calibrated probability as a function of the probability of the model."""

    def __init__(self, answers: Answers, prior: Prior, labelled: int | None = None) -> None:
        """Fit the curve to `answers`. `labelled` is the number of labels; None for many."""
        few = 0.0 if labelled is None else LABELS_LIKE_PRIOR / max(1, labelled)
        x, y, w = _odds(answers.probability), answers.right.astype(np.float64), answers.weight
        rows = np.stack([np.ones_like(x), x], axis=1)
        mean = np.array([0.0, prior.slope])
        precision = np.diag([OFFSET_DEVIATION**-2 / (1 + few), prior.deviation**-2])
        at = mean.copy()
        for _ in range(25):
            p = _sigmoid(rows @ at)
            gradient = rows.T @ (w * (y - p)) - precision @ (at - mean)
            curvature = (rows * (w * p * (1 - p))[:, None]).T @ rows + precision
            step = np.linalg.solve(curvature, gradient)
            at = at + step / max(1.0, float(np.abs(step).max()))
        p = _sigmoid(rows @ at)
        curvature = (rows * (w * p * (1 - p))[:, None]).T @ rows + precision
        spread = np.linalg.cholesky(np.linalg.inv(curvature))
        noise = np.random.default_rng(0).normal(size=(DRAWS, 2))
        wider = prior.wider if len(x) else 1.0
        draws, self._draws = (_curves(at + k * noise @ spread.T) for k in (1.0, wider))
        # Where there are few answers, the mean of all draws is below the most probable curve. The
        # calibration uses the middle of both. With the mean alone, no estimated share could reach
        # 0.99, because sheets do not show items of high probability.
        self._curve = (draws.mean(axis=0) + _sigmoid(at[0] + at[1] * _odds(_GRID))) / 2

    def __call__(self, probability: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Return calibrated probabilities of the same shape."""
        return np.interp(probability, _GRID, self._curve).astype(np.float32)

    def draws(self, probability: npt.NDArray[np.floating]) -> Floats:
        """Return DRAWS draws, (DRAWS,), of the number of right items among K items.

        `probability` (K,) is the model's probability that each item is right.
        """
        at = np.rint(np.clip(probability, 0, 1) * (_STEPS - 1)).astype(np.intp)
        return self._draws @ np.bincount(at, minlength=_STEPS).astype(np.float64)


class Calibration:
    """Calibrates the probabilities of labels and predictions with answers on contact sheets."""

    def __init__(self, found: Evidence | None = None) -> None:
        nothing = Answers(np.empty(0), np.empty(0, np.bool_), np.empty(0))
        found = found or Evidence(nothing, nothing, nothing, 0, None)
        self.sheets = found.sheets
        """Number of sheets with answers."""
        self.labelled = found.labelled
        """Number of items with a label; None for many."""
        self.predictions = Curve(found.predictions, OF_PREDICTIONS, found.labelled)
        self.labels = Curve(found.labels, OF_LABELS)
        self.proposals = Curve(found.proposals, OF_LABELS)

    def applied(self, state: ItemState) -> ItemState:
        """Return `state` with calibrated confidence and doubt.

        An accepted label is calibrated in the same way as a prediction.
        """
        there = state.predicted
        of_person = state.labelled & ~state.accepted
        other = there & state.labelled & (state.prediction != state.labels)
        right = 1 - state.doubt
        doubt = 1 - np.where(of_person, self.labels(right), self.predictions(right))
        confidence = np.where(
            other, self.proposals(state.confidence), self.predictions(state.confidence)
        )
        return state._replace(
            confidence=np.where(there, confidence, state.confidence).astype(np.float32),
            doubt=np.where(there, doubt, state.doubt).astype(np.float32),
        )


def interval(draws: Iterable[float] | Floats) -> tuple[float, float]:
    """Return the quantiles INTERVAL of `draws`, which are the bounds of an interval."""
    low, high = np.quantile(np.asarray(draws), INTERVAL)
    return float(low), float(high)


def share_interval(right: float, count: int) -> tuple[float, float]:
    """Return the Jeffreys interval of the share `right`, which was measured on `count` items."""
    from scipy.stats import beta  # imported here, because the import takes 0.2 s

    a, b = right * count + 0.5, (1 - right) * count + 0.5
    low, high = beta.ppf(INTERVAL, a, b)
    return float(low), float(high)


def _curves(parameters: Floats) -> Floats:
    """Return the curve on the grid, (DRAWS, _STEPS), for offsets and slopes (DRAWS, 2)."""
    offset, slope = parameters.T
    return _sigmoid(offset[:, None] + np.maximum(slope, 0.05)[:, None] * _odds(_GRID))


def _odds(probability: npt.NDArray[np.floating]) -> Floats:
    p = np.clip(probability, 1e-6, 1 - 1e-6).astype(np.float64)
    return np.clip(np.log(p / (1 - p)), -LARGEST_ODDS, LARGEST_ODDS)


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))
