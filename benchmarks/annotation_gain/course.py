"""How a run went, gesture by gesture: written as JSON, so that runs can be gone on with, and read under any time model."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotation_gain.time_model import TimeModel

UNLABELED = -1


@dataclass
class Gesture:
    """One gesture. `acts`: what it took of the person (TimeModel); `rest`: seconds until the model had nothing left to learn from it.

    After it: `labelled` share; `labelled_right` share labelled and correct; `right` share whose label, or else prediction, is correct;
    `label_error` share of the labels that are wrong; `estimated` what the server itself holds `right` to be.
    """

    kind: str
    items: int
    acts: dict[str, float]
    rest: float
    labelled: float
    labelled_right: float
    right: float
    label_error: float
    estimated: float | None = None


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
        estimated: float | None = None,
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
                estimated,
            )
        )

    def at(self, gesture: int, figure: str) -> float:
        """A figure after so many gestures; of a shorter run, at its end."""
        return float(getattr(self.gestures[min(gesture, len(self.gestures)) - 1], figure))

    def first(self, figure: str, wanted: float) -> int | None:
        """After how many gestures `figure` stays at `wanted` or more for good; None: never."""
        below = [k for k, gesture in enumerate(self.gestures) if getattr(gesture, figure) < wanted]
        number = below[-1] + 2 if below else 1
        return number if number <= len(self.gestures) else None

    def seconds(self, model: TimeModel) -> npt.NDArray[np.float64]:
        """The person's seconds after each gesture. While the model learns, only what the next gesture's own acts leave over is a wait."""
        own = [model.seconds(gesture.acts) for gesture in self.gestures]
        idle = [max(0.0, g.rest - following) for g, following in zip(self.gestures, [*own[1:], 0.0], strict=True)]
        waits = [0.0, *(model.wait * wait for wait in idle[:-1])]
        return np.cumsum(np.array(own) + np.array(waits))

    def seconds_to(self, wanted: float, model: TimeModel, figure: str = "right") -> float | None:
        """The person's seconds until `figure` stays at `wanted` or more."""
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
        return cls(**values, gestures=gestures)
