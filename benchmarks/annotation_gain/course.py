"""The course of a run, gesture by gesture.

It is stored as JSON, so that an interrupted benchmark continues, and can be evaluated under any
time model.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotation_gain.time_model import TimeModel
from lodespace.models.item_predictions import UNLABELED

BINS = 10


@dataclass
class PageEstimates:
    """Figures that the page shows, and the truth about its predictions."""

    right: float
    """Estimated share of items that are right."""
    gestures_left: int
    """Estimated number of gestures to the goal."""
    confidence: float
    """Mean confidence in the predictions of items without a label."""
    accurate: float
    """Share of these predictions that are right."""
    calibration_error: float
    """Expected calibration error of these predictions (C. Guo et al. 2017, ten bins)."""


@dataclass
class Gesture:
    """One gesture, and the state after it."""

    kind: str
    """"region", "suspects", "uncertain", "accept" or "single"."""
    items: int
    """Number of labelled items."""
    acts: dict[str, float]
    """Number of acts of each kind in the time model."""
    rest: float
    """Seconds until the model came to rest after it."""
    labelled: float
    """Share of items with a label."""
    labelled_right: float
    """Share of items with a correct label."""
    right: float
    """Share of items whose label, or else prediction, is correct."""
    label_error: float
    """Share of the labels that are wrong."""
    told: PageEstimates | None = None
    """Estimates on the page at this time. The name is that of stored courses."""


@dataclass
class Course:
    """All gestures of one run of `method` on `data` with `seed`."""

    method: str
    data: str
    seed: int
    n_items: int
    gestures: list[Gesture] = field(default_factory=list)

    def add(
        self,
        kind: str,
        items: int,
        acts: dict[str, float],
        rest: float,
        labels: npt.NDArray[np.int16],
        prediction: npt.NDArray[np.int16],
        truth: npt.NDArray[np.int16],
        told: PageEstimates | None = None,
    ) -> None:
        labelled = labels != UNLABELED
        correct = labels == truth
        final = np.where(labelled, labels, prediction)
        wrong = labelled & ~correct
        self.gestures.append(
            Gesture(
                kind,
                items,
                {name: float(count) for name, count in acts.items()},
                rest,
                float(labelled.mean()),
                float(correct.mean()),
                float((final == truth).mean()),
                float(wrong.sum() / max(1, labelled.sum())),
                told,
            )
        )

    def at(self, gesture: int, figure: str) -> float:
        """Return a figure after a number of gestures, or at the end of a shorter run."""
        return float(getattr(self.gestures[min(gesture, len(self.gestures)) - 1], figure))

    def first(self, figure: str, wanted: float) -> int | None:
        """Return the number of gestures until `figure` first reaches `wanted`, or None.

        The figure may fall again later. To stay above a value is harder for long runs than for
        short ones.
        """
        return next(
            (k for k, gesture in enumerate(self.gestures, 1) if getattr(gesture, figure) >= wanted),
            None,
        )

    def seconds(self, model: TimeModel) -> npt.NDArray[np.float64]:
        """Return the person's seconds after each gesture.

        A wait for the model counts only where it is longer than the acts of the next gesture.
        """
        own = [model.seconds(gesture.acts) for gesture in self.gestures]
        idle = [
            max(0.0, g.rest - following)
            for g, following in zip(self.gestures, [*own[1:], 0.0], strict=True)
        ]
        waits = [0.0, *(model.wait * wait for wait in idle[:-1])]
        return np.cumsum(np.array(own) + np.array(waits))

    def seconds_to(self, wanted: float, model: TimeModel, figure: str = "right") -> float | None:
        """Return the person's seconds until `figure` first reaches `wanted`, or None."""
        number = self.first(figure, wanted)
        return None if number is None else float(self.seconds(model)[number - 1])

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        temporary.write_text(json.dumps(asdict(self)))
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Course":
        values = json.loads(path.read_text())
        gestures = [Gesture(**gesture) for gesture in values.pop("gestures")]
        for gesture in gestures:
            if gesture.told is not None:
                gesture.told = PageEstimates(**gesture.told)
        return cls(**values, gestures=gestures)


def page_estimates(
    right: float,
    gestures_left: int,
    labels: npt.NDArray[np.int16],
    prediction: npt.NDArray[np.int16],
    confidence: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int16],
) -> PageEstimates | None:
    """Compare the page's estimates with the truth.

    Returns None without predictions of unlabelled items.

    labels, prediction, confidence and truth are (N,).
    """
    asked = (labels == UNLABELED) & (prediction != UNLABELED)
    if not asked.any():
        return None
    sure, correct = confidence[asked].astype(np.float64), prediction[asked] == truth[asked]
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    gap = np.bincount(place, sure - correct, BINS)
    error = float(np.abs(gap).sum() / len(sure))
    return PageEstimates(right, gestures_left, float(sure.mean()), float(correct.mean()), error)
