"""Labels that are held out of training to measure the accuracy.

Held-out labels have no effect on training. The accuracy on held-out items estimates the accuracy
on items without a label.
"""

import numpy as np
import pytest
import torch

from lodespace.models import Snapshot, Trainer
from lodespace.models.batches import evenly
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.training.labels import _HELD_OUT_FROM, ItemLabels
from samples.trainings import quick, rest, small

N = 400


def trained(labels: np.ndarray) -> tuple[Trainer, Snapshot]:
    trainer = Trainer(small(N)[0], quick(rounds_per_gesture=60), n_classes=4, device="cpu")
    rest(trainer)
    given = labels.astype(np.int16)
    # The head learns while the map moves, and its accuracy is measured at the next gesture.
    for gesture in range(3):
        trainer.set_labels(given, verified=(np.arange(N) <= gesture) & (given >= 0))
        snapshot = rest(trainer)
    return trainer, snapshot


@pytest.mark.slow
def test_held_out_labels_are_measured_on_and_not_trained_on() -> None:
    truth = small(N)[1]
    right, told = trained(truth)
    assert right.loop.state.labels.held_out is not None
    kept = right.loop.state.labels.held_out.numpy()
    assert 0.05 < kept.mean() < 0.15
    assert told.metrics["held_out"] == kept.sum()
    accuracy = float((told.prediction == truth)[kept].mean())
    assert told.metrics["label_accuracy"] == pytest.approx(accuracy)
    assert accuracy > 0.8
    assert told.metrics["head_accuracy"] > 0.4

    # Only the held-out items get wrong labels. The labels do not change the predictions.
    wrong, lied = trained(np.where(kept, (truth + 1) % 4, truth))
    assert (lied.prediction == truth)[kept].mean() > 0.8
    assert torch.equal(wrong.loop.state.labels.trained, right.loop.state.labels.trained)
    assert lied.metrics["label_accuracy"] < 0.2
    assert lied.metrics["head_accuracy"] < 0.2, (
        "the head was evaluated at positions to which the held-out labels had pulled the items"
    )


@pytest.mark.slow
def test_few_labels_are_all_learned_from() -> None:
    truth = small(N)[1]
    few = np.where(np.arange(N) < _HELD_OUT_FROM - 1, truth, -1)
    trainer, snapshot = trained(few)
    assert (
        trainer.loop.state.labels.held_out is None
        and (trainer.loop.state.labels.trained.numpy() == few).all()
    )
    assert "label_accuracy" not in snapshot.metrics and "head_accuracy" not in snapshot.metrics


def test_a_class_with_few_labels_is_learned_from_all_of_them() -> None:
    """Before, the only label of a class could be held out, and no item of the class was right."""
    labels = torch.arange(400) % 4
    labels[labels == 3] = UNLABELED
    labels[:9] = 3
    held_out = ItemLabels.of(labels).held_out
    assert held_out is not None
    assert not held_out[:9].any() and not held_out[labels == UNLABELED].any()
    share = float(held_out[labels == 0].float().mean())
    assert 0.05 < share < 0.15
    assert ItemLabels.of(torch.where(labels <= 1, UNLABELED, labels)).held_out is None


def test_evenly_takes_a_few_of_many_or_all_there_are() -> None:
    items = torch.arange(100, 200)
    assert evenly(items, 4).tolist() == [100, 125, 150, 175]
    assert torch.equal(evenly(items, 1000), items)
    assert evenly(items[:0], 5).tolist() == []
