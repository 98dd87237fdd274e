"""Small data and a quick configuration for tests of the trainer."""

from typing import NamedTuple

import numpy as np

from lodespace.models import Dataset, Snapshot, Trainer, TrainingConfig, preset

N = 240


def small(n: int = N, classes: int = 4) -> tuple[Dataset, np.ndarray]:
    """Vectors in `classes` groups that touch, and the group of each vector."""
    random = np.random.default_rng(7)
    truth = np.arange(n) % classes
    centres = random.normal(0, 1.6, (classes, 10))
    return Dataset.from_vectors(centres[truth] + random.normal(0, 1, (n, 10))), truth


def quick(**changes: object) -> TrainingConfig:
    """The default preset with few steps and rounds, so that training is quick."""
    few = {
        "feature_steps": 10,
        "encoder_epochs": 2,
        "least_steps": 1,
        "layout_rounds": 60,
        "principal_components": 10,
        "neighbours": 8,
    }
    return preset("default").replace(**few, **changes)


def rest(trainer: Trainer) -> Snapshot:
    for snapshot in trainer.frames():
        if snapshot.resting:
            return snapshot
    raise AssertionError


def labels_of(truth: np.ndarray, items: np.ndarray) -> np.ndarray:
    labels = np.full(len(truth), -1, np.int16)
    labels[items] = truth[items]
    return labels


class Digits(NamedTuple):
    """The bundled digits in random order: 4,000 to train, then 1,000 held out. `truth` is int64
    (5000,)."""

    all: Dataset
    train: Dataset
    truth: np.ndarray
