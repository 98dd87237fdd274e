"""Accepted predictions, from which the classifiers do not learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lodespace.models import Snapshot, Trainer
from lodespace.models.config import PresetName
from lodespace.models.training.labels import ItemLabels
from samples.trainings import labels_of, quick, rest, small

N = 400


def accepted(trainer: Trainer, before: Snapshot, labels: np.ndarray) -> tuple[np.ndarray, Snapshot]:
    """Accept the more confident half of the predictions.

    Returns the accepted items, bool (N,), and the snapshot at rest after the gesture.
    """
    free = labels < 0
    sure = free & (before.confidence >= np.median(before.confidence[free]))
    trainer.set_labels(np.where(sure, before.prediction, labels), None, labels >= 0, accepted=sure)
    return sure, rest(trainer)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default", "paper"])
def test_accepting_predictions_does_not_change_the_others(name: PresetName) -> None:
    data, truth = small(N)
    trainer = Trainer(data, quick(preset=name), n_classes=4, device="cpu")
    labels = labels_of(truth, np.arange(0, N, 2))
    trainer.set_labels(labels, verified=labels >= 0)
    before = rest(trainer)
    sure, after = accepted(trainer, before, labels)
    assert sure.sum() >= N / 4
    assert np.array_equal(after.prediction, before.prediction)
    assert np.allclose(after.confidence, before.confidence, atol=1e-6)
    # The doubt in an accepted label is the doubt in the prediction.
    assert after.predictions.doubt is not None
    assert np.allclose(after.predictions.doubt[sure], 1 - before.confidence[sure], atol=1e-6)
    assert after.metrics["held_out"] == before.metrics["held_out"]


def test_accepted_labels_pull_their_items_together() -> None:
    data, truth = small(N)
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    labels = labels_of(truth, np.arange(0, N, 7))
    trainer.set_labels(labels, verified=labels >= 0)
    before = rest(trainer)
    _, after = accepted(trainer, before, labels)
    assert not np.array_equal(after.latent_mean, before.latent_mean)


def test_accepted_labels_train_where_a_class_has_no_others() -> None:
    classes = torch.tensor([0, 0, 1, 1, 2, -1])
    taken = torch.tensor([False, True, True, True, False, True])
    labels = ItemLabels(
        classes, torch.ones(6), ~taken & (classes >= 0), taken, ~taken & taken, ~taken & taken
    )
    assert labels.given.tolist() == [0, -1, 1, 1, 2, -1]
    assert labels.trained.tolist() == labels.given.tolist()
    again = ItemLabels.load(labels.tensors())
    assert again.equals(labels) and again.teaches_like(labels)


def test_a_look_at_an_accepted_label_makes_it_a_lesson() -> None:
    classes, nothing = torch.tensor([0, 1, 0, 1]), torch.zeros(4, dtype=torch.bool)
    taken = torch.tensor([False, False, True, True])
    before = ItemLabels(classes, torch.ones(4), ~taken, taken, nothing, nothing)
    others = torch.tensor([0, 1, 1, 0])
    accepted_others = ItemLabels(others, torch.ones(4), ~taken, taken, nothing, nothing)
    looked_at = ItemLabels(classes, torch.ones(4), ~nothing, nothing, nothing, nothing)
    assert accepted_others.teaches_like(before) and not looked_at.teaches_like(before)


@pytest.mark.parametrize("changed", ["weights", "verified"])
def test_a_change_beside_the_class_of_a_label_is_a_lesson(changed: str) -> None:
    classes = torch.tensor([0, 1, -1])
    before = ItemLabels.of(classes)
    values = getattr(before, changed).clone()
    values[2] = not values[2]
    assert replace(before, **{changed: values}).teaches_like(before), "the item has no label"
    values[1] = not values[1]
    assert not replace(before, **{changed: values}).teaches_like(before)


def test_training_remembers_which_labels_a_person_replaced() -> None:
    data, truth = small(40)
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    wrong = np.where(np.arange(40) < 3, (truth + 1) % 4, truth).astype(np.int16)
    trainer.set_labels(wrong)
    trainer.set_labels(truth.astype(np.int16), verified=np.arange(40) < 5)
    labels = trainer.loop.state.labels
    assert labels.corrected.nonzero().squeeze(1).tolist() == [0, 1, 2]
    assert labels.reviewed.nonzero().squeeze(1).tolist() == [0, 1, 2, 3, 4]


def test_a_label_that_a_person_replaced_after_a_look_was_wrong() -> None:
    n, none = 6, torch.zeros(6, dtype=torch.bool)
    of_lasso = ItemLabels.of(torch.tensor([0, 0, 0, 0, 1, -1]))
    seen = torch.tensor([True, True, False, False, True, True])
    looked = ItemLabels(torch.tensor([0, 2, 2, 0, 2, 2]), torch.ones(n), seen, none, none, none)
    found = looked.after(of_lasso)
    # Item 2 has another label, but nobody looked at it. Item 5 had no label.
    assert found.corrected.tolist() == [False, True, False, False, True, False]
    assert found.reviewed.tolist() == [True, True, False, False, True, False]
    again = ItemLabels(torch.tensor([0, 1, 2, 0, 2, 2]), torch.ones(n), seen, none, none, none)
    assert torch.equal(again.after(found).corrected, found.corrected)
    assert torch.equal(ItemLabels.load(found.tensors()).corrected, found.corrected)
    undone = of_lasso.after(found)
    assert not undone.corrected.any()
    accepted = ItemLabels(of_lasso.classes, torch.ones(n), none, of_lasso.classes >= 0, none, none)
    assert not looked.after(accepted).corrected.any(), "nobody gave these labels"
