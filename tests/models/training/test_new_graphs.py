"""Graphs that are built again after labels were given."""

import numpy as np
import pytest

from lodespace.models.dataset import Dataset
from lodespace.models.training.trainer import Trainer
from samples.trainings import labels_of, quick, rest


@pytest.mark.parametrize(("classes", "each", "used"), [(40, 1, False), (3, 30, True)])
def test_a_graph_uses_the_classifier_if_classes_have_enough_labels(
    classes: int, each: int, used: bool
) -> None:
    """With one label per class, the features of the classifier are worse than those of the items.

    With 200 classes, the share right fell from 0.62 to 0.57 with the fifth sheet because of them.
    """
    truth = np.arange(600) % classes
    rows = np.random.default_rng(0).normal(size=(classes, 12))[truth]
    rows += np.random.default_rng(1).normal(size=rows.shape) / 4
    data = Dataset.from_vectors(rows.astype(np.float32))
    trainer = Trainer(data, quick(gestures_per_graph=1), n_classes=classes, device="cpu")
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(classes * each)))
    task = trainer.loop.graph  # type: ignore[attr-defined]
    uses = []
    for snapshot in trainer.frames():
        uses.append(task.counters()["graph_uses_classifier"])
        if snapshot.resting:
            break
    assert any(uses) == used


@pytest.mark.parametrize(
    ("classes", "better", "changed"), [(3, 6, True), (3, 4, False), (40, 6, False)]
)
def test_another_view_must_be_better_by_half_a_nat_per_class(
    classes: int, better: float, changed: bool
) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 70)).astype(np.float32)
    trainer = Trainer(Dataset.from_vectors(rows), quick(), n_classes=classes, device="cpu")
    task = trainer.loop.graph  # type: ignore[attr-defined]
    task.follow([-50.0, -50.0 + better])
    assert task.requested == changed
