"""How a run went, gesture by gesture: written as JSON, so that runs can be gone on with, and read under any time model."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotation_gain.time_model import TimeModel

UNLABELED = -1
BINS = 10


@dataclass
class Told:
    """What the page says, and how far it may be believed. `right`, `gestures_left`: its estimates. `confidence`: the mean of its own in
    items without a label, `accurate` the share of these predictions that are right, `calibration_error` (C. Guo et al. 2017, ten bins) how
    far the one is from the other where it is so sure.
    """

    right: float
    gestures_left: int
    confidence: float
    accurate: float
    calibration_error: float


@dataclass
class Gesture:
    """One gesture. `acts`: what it took of the person (TimeModel); `rest`: seconds until the model had nothing left to learn from it.

    After it: `labelled` share; `labelled_right` share labelled and correct; `right` share whose label, or else prediction, is correct;
    `label_error` share of the labels that are wrong; `told` what the page itself says of that.
    """

    kind: str
    items: int
    acts: dict[str, float]
    rest: float
    labelled: float
    labelled_right: float
    right: float
    label_error: float
    told: Told | None = None


@dataclass
class Course:
    """All gestures of one run. `method` on `data` with `seed`."""

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
        told: Told | None = None,
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
        """A figure after so many gestures; of a shorter run, at its end."""
        return float(getattr(self.gestures[min(gesture, len(self.gestures)) - 1], figure))

    def first(self, figure: str, wanted: float) -> int | None:
        """After how many gestures `figure` is `wanted` or more for the first time; None: never. (That it stays so would be asked more of
        long runs than of short ones.)
        """
        return next(
            (k for k, gesture in enumerate(self.gestures, 1) if getattr(gesture, figure) >= wanted),
            None,
        )

    def seconds(self, model: TimeModel) -> npt.NDArray[np.float64]:
        """The person's seconds after each gesture. While the model learns, only what the next gesture's own acts leave over is a wait."""
        own = [model.seconds(gesture.acts) for gesture in self.gestures]
        idle = [
            max(0.0, g.rest - following)
            for g, following in zip(self.gestures, [*own[1:], 0.0], strict=True)
        ]
        waits = [0.0, *(model.wait * wait for wait in idle[:-1])]
        return np.cumsum(np.array(own) + np.array(waits))

    def seconds_to(self, wanted: float, model: TimeModel, figure: str = "right") -> float | None:
        """The person's seconds until `figure` is `wanted` or more for the first time."""
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
                gesture.told = Told(**gesture.told)
        return cls(**values, gestures=gestures)


def told(
    right: float,
    gestures_left: int,
    labels: npt.NDArray[np.int16],
    prediction: npt.NDArray[np.int16],
    confidence: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int16],
) -> Told | None:
    """What the page said, beside the truth. All (N,); None where no item without a label is predicted."""
    asked = (labels == UNLABELED) & (prediction != UNLABELED)
    if not asked.any():
        return None
    sure, correct = confidence[asked].astype(np.float64), prediction[asked] == truth[asked]
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    gap = np.bincount(place, sure - correct, BINS)
    error = float(np.abs(gap).sum() / len(sure))
    return Told(right, gestures_left, float(sure.mean()), float(correct.mean()), error)
