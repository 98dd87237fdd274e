"""The course of a run: the gestures, and the figures measured after each gesture.

run_files.py stores a course. A course has actions instead of seconds, so the seconds can be
computed later with any time model.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from annotation_gain.time_model import TimeModel
from lodespace.models.item_predictions import UNLABELED
from lodespace.protocol import SHEET_SIZE

BINS = 10
AFTER = (1, 2, 5, 10)
"""Numbers of whole contact sheets. Methods are compared with the labels of these sheets."""
MOST_OF_THEM = 0.6
"""A gesture leaves the labels of k whole sheets if it leaves at least this share of them.

The first sheets can be smaller. The methods that label one by one are read at the same number of
labels.
"""
LABELS, HIGH_GOAL = 270, 0.98
"""A run may end when LABELS items have labels (10 contact sheets) and HIGH_GOAL of the items are
right. No table has a figure of a later gesture."""


@dataclass
class PageEstimates:
    """Estimates that the page shows, and the accuracy of the predictions on the page."""

    right: float | None
    """Estimated share of items whose label or prediction is right; None if there is no estimate."""
    confidence: float
    """Mean confidence in the predictions of items without a label."""
    accurate: float
    """Share of right predictions among the items without a label."""
    calibration_error: float
    """Expected calibration error of the predictions of items without a label, with ten bins.

    The measure is that of C. Guo et al. 2017.
    """
    right_low: float | None = None
    """Lower end of the interval that the page shows for `right`."""
    right_high: float | None = None
    """Upper end of the interval that the page shows for `right`."""


@dataclass
class Gesture:
    """One gesture, and the state after it."""

    kind: str
    """Kind of gesture.

    "region": a drawn region. "overview", "suspects", "uncertain": a contact sheet. "accept":
    confident predictions become labels. "single": one item.
    """
    items: int
    """Number of items that the gesture labels."""
    acts: dict[str, float]
    """Number of actions of the person per kind. The kinds are the fields of TimeModel."""
    rest: float
    """Seconds of the processor from the gesture until training has no work left.

    In runs on the server, these are seconds of the clock. After most contact sheets, such a run
    waits only for new predictions (SHEETS_A_REST in ours.py). In this case, the value is the
    seconds until these predictions arrive.
    """
    labelled: float
    """Share of items with a label."""
    labelled_right: float
    """Share of items with a correct label."""
    right: float
    """Share of items with a correct label or, if they have no label, a correct prediction."""
    label_error: float
    """Share of wrong labels among all labels."""
    told: PageEstimates | None = None
    """Estimates on the page after the gesture."""
    classes: int = 0
    """Number of classes with a label."""
    promised: float | None = None
    """Number of mistakes that the page expects on the contact sheet; None for other gestures."""
    corrected: int | None = None
    """Number of mistakes on the contact sheet; None for other gestures."""


@dataclass
class Course:
    """All gestures of one run of `method` on `data` with `seed`."""

    method: str
    """Name of the method."""
    data: str
    """Name of the data set."""
    seed: int
    """Seed of the run."""
    n_items: int
    """Number of items N."""
    commit: str = ""
    """Commit of Lodespace that the run used, with "+" if the code had changes without a commit."""
    gestures: list[Gesture] = field(default_factory=list)
    """Gestures, first to last."""

    def add(
        self,
        kind: str,
        items: int,
        acts: dict[str, float],
        rest: float,
        labels: npt.NDArray[np.int16],
        prediction: npt.NDArray[np.int16],
        truth: npt.NDArray[np.int16],
        estimates: PageEstimates | None = None,
        *,
        promised: float | None = None,
        corrected: int | None = None,
    ) -> None:
        """Add a gesture with the figures measured after the gesture.

        The act `name` (name a new class) is added for each class that gets its first label.

        Args:
            kind: kind of the gesture, as in Gesture.
            items: number of items that the gesture labels.
            acts: number of actions of the person per kind (a field of TimeModel).
            rest: seconds from the gesture until the model rests or has new predictions.
            labels: (N,), UNLABELED for items without a label.
            prediction: predicted classes, (N,).
            truth: true classes, (N,).
            estimates: estimates that the page shows.
            promised: number of mistakes that the page expects on the sheet.
            corrected: number of mistakes on the sheet.
        """
        classes = len(np.unique(labels[labels != UNLABELED]))
        new = classes - max((gesture.classes for gesture in self.gestures), default=0)
        counts = {name: float(count) for name, count in acts.items()}
        if new > 0:
            counts["name"] = float(new)
        labelled = labels != UNLABELED
        correct = labels == truth
        final = np.where(labelled, labels, prediction)
        wrong = labelled & ~correct
        self.gestures.append(
            Gesture(
                kind,
                items,
                counts,
                rest,
                float(labelled.mean()),
                float(correct.mean()),
                float((final == truth).mean()),
                float(wrong.sum() / max(1, labelled.sum())),
                estimates,
                classes,
                promised,
                corrected,
            )
        )

    @property
    def complete(self) -> bool:
        """Whether the run has all gestures that the tables need."""
        if not self.gestures:
            return False
        enough = round(self.gestures[-1].labelled * self.n_items) >= LABELS
        return enough and self.first("right", HIGH_GOAL) is not None

    def looked_at(self) -> "Course":
        """Return the course without gestures that accept predictions."""
        return replace(self, gestures=[g for g in self.gestures if g.kind != "accept"])

    def at(self, gesture: int, figure: str) -> float:
        """Return the field `figure` after `gesture` gestures, or at the end of a shorter run.

        Returns 0 before the first gesture, and for a run without gestures.
        """
        last = min(gesture, len(self.gestures))
        return float(getattr(self.gestures[last - 1], figure)) if last > 0 else 0.0

    def with_labels(self, count: int, least: float = 0.95) -> Gesture | None:
        """Return the last gesture that leaves at most `count` items labelled.

        Returns None if there is no such gesture, or if it leaves fewer than the share `least` of
        `count` items labelled.
        """
        labels = [round(gesture.labelled * self.n_items) for gesture in self.gestures]
        within = [number for number, n in enumerate(labels) if n <= count]
        if not within or labels[within[-1]] < least * min(count, self.n_items):
            return None
        return self.gestures[within[-1]]

    def after_sheets(self, k: int) -> Gesture | None:
        """Return the gesture that leaves the labels of k whole sheets; None if there is none.

        Gestures that accept predictions do not count.
        """
        return self.looked_at().with_labels(k * SHEET_SIZE, MOST_OF_THEM)

    def at_labels(self, count: int, figure: str, least: float = 0.95) -> float | None:
        """Return `figure` after the gesture `with_labels(count, least)`; None if there is none."""
        gesture = self.with_labels(count, least)
        return None if gesture is None else float(getattr(gesture, figure))

    def first(self, figure: str, wanted: float) -> int | None:
        """Return the number of gestures until `figure` first reaches `wanted`.

        Returns None if no gesture reaches it.

        A later fall below `wanted` is ignored. Runs with many gestures have more chances to fall,
        so a rule against falls would disadvantage them.
        """
        return next(
            (k for k, gesture in enumerate(self.gestures, 1) if getattr(gesture, figure) >= wanted),
            None,
        )

    def seconds(self, model: TimeModel) -> npt.NDArray[np.float64]:
        """Return the person's seconds from the start of the run to the end of each gesture, (G,).

        The person waits for the model only if the model needs longer than the actions of the next
        gesture. Only the difference counts as waiting. A run without gestures has no seconds: (0,).
        """
        if not self.gestures:
            return np.zeros(0)
        own = [model.seconds(gesture.acts) for gesture in self.gestures]
        idle = [
            max(0.0, g.rest - following)
            for g, following in zip(self.gestures, [*own[1:], 0.0], strict=True)
        ]
        waits = [0.0, *(model.wait * wait for wait in idle[:-1])]
        return np.cumsum(np.array(own) + np.array(waits))

    def seconds_to(self, wanted: float, model: TimeModel, figure: str = "right") -> float | None:
        """Return the person's seconds until `figure` first reaches `wanted`.

        Returns None if no gesture reaches it.
        """
        number = self.first(figure, wanted)
        return None if number is None else float(self.seconds(model)[number - 1])


class Interval(Protocol):
    """Lower and upper end of the interval in which a share (0..1) probably is."""

    low: float
    high: float


def page_estimates(
    labels: npt.NDArray[np.int16],
    prediction: npt.NDArray[np.int16],
    confidence: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int16],
    *,
    right: float | None,
    interval: Interval | None = None,
) -> PageEstimates | None:
    """Return the page's estimates, together with the true accuracy of the predictions.

    Returns None if no item without a label has a prediction.

    Args:
        labels: (N,), UNLABELED for items without a label.
        prediction: (N,), UNLABELED for items without a prediction.
        confidence: confidence of each prediction, (N,), 0..1.
        truth: true classes, (N,).
        right: estimated share of items that are right.
        interval: lower and upper end of the estimate `right`.
    """
    asked = (labels == UNLABELED) & (prediction != UNLABELED)
    if not asked.any():
        return None
    sure, correct = confidence[asked].astype(np.float64), prediction[asked] == truth[asked]
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    gap = np.bincount(place, sure - correct, BINS)
    error = float(np.abs(gap).sum() / len(sure))
    return PageEstimates(
        right,
        float(sure.mean()),
        float(correct.mean()),
        error,
        interval and interval.low,
        interval and interval.high,
    )
