"""The moments of a recording, one after the other, for drawing.

A recording of many hours does not fit into memory, so moments are read as a stream.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.protocol import Classes, ClassInfo, Gesture, GestureTold, Labels, Operation
from lodespace.recording.player import Player
from lodespace.scene.glb import Scene


@dataclass(frozen=True)
class Moment:
    """The state of N items at one moment of a recording, as the page shows it."""

    number: int
    """Number of the moment, from 0."""
    latent_mean: npt.NDArray[np.float32]
    """Latent means (N, D), computed from the recorded grid positions."""
    labels: npt.NDArray[np.int16]
    """Class per item (N,); UNLABELED for an item without a label."""
    predictions: npt.NDArray[np.int16]
    """Predicted class per item (N,); UNLABELED for an item without a prediction."""
    classes: tuple[ClassInfo, ...]
    """All classes, in the order of their ids."""
    step: int
    """Training step."""
    gestures: tuple[Gesture, ...]
    """Gestures that were made between this moment and the next."""
    changed: npt.NDArray[np.int64]
    """Items whose labels changed between this moment and the next, (K,)."""


def moments(path: Path, n_items: int) -> Iterator[Moment]:
    """Yield the moments of the recording at `path`, in order.

    The labels of a moment include those that were given until the next moment.

    Args:
        path: The recording.
        n_items: Number of items. Recorded scenes with another number of items are left out.

    Raises:
        OSError: The file cannot be read.
    """
    player = Player(path, n_items)
    number = 0
    predictions = np.empty(0, np.int16)
    scene: Scene | None = None
    for step in player.steps():
        if scene is not None:
            yield _moment(number, scene, predictions, step.operations)
            number += 1
        scene = player.scene if step.moved else None
        if scene is not None:
            predictions = scene.predictions.copy()  # copied, because the player changes its array


def _moment(
    number: int,
    scene: Scene,
    predictions: npt.NDArray[np.int16],
    operations: Sequence[Operation],
) -> Moment:
    labels, classes = scene.labels, scene.classes
    gestures: list[Gesture] = []
    changed: list[int] = []
    for operation in operations:
        if isinstance(operation, Classes):
            classes = tuple(operation.classes)
        elif isinstance(operation, GestureTold) and operation.event == "made":
            gestures.append(operation.gesture)
        elif isinstance(operation, Labels) and max(operation.items, default=0) < len(labels):
            labels[operation.items] = operation.class_ids
            changed.extend(operation.items)
    return Moment(
        number,
        scene.latent_mean(),
        labels,
        predictions,
        classes,
        scene.step,
        tuple(gestures),
        np.array(changed, np.int64),
    )
