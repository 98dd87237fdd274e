"""Order in which the items of a large data set are predicted."""

import numpy as np
import pytest
import torch

from lodespace.models import Dataset
from lodespace.models.classification import ensemble
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.classification.training_labels import TrainingLabels
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.work_units import UNITS_PER_PASS


def labelled(n: int) -> tuple[LabelLearning, torch.Tensor, np.ndarray]:
    """Return the learning of `n` items of two classes with 30 steps due, the given labels, and the
    true classes."""
    truth = np.arange(n) % 2
    dataset = Dataset.from_vectors(
        np.random.default_rng(0).normal(size=(n, 3)) + 4 * truth[:, None]
    )
    learning = LabelLearning(
        dataset, 2, torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    )
    torch.manual_seed(0)
    labels = torch.full((n,), -1)
    labels[:40] = torch.from_numpy(truth[:40])
    learning.labels_given(labels, FeatureNetwork(dataset), 30)
    return learning, labels, truth


def sweep(learning: LabelLearning, labels: torch.Tensor) -> list[tuple[bool, bool]]:
    """Predict all items, and return the result of each unit of work."""
    results = []
    while learning.at_work:
        given = TrainingLabels(labels, labels, labels, torch.zeros(len(labels), dtype=torch.bool))
        results.append(learning.predict(given))
    return results


def test_visible_and_labelled_items_are_predicted_first() -> None:
    n = ensemble.CHUNK * 10
    learning, labels, truth = labelled(n)
    visible = torch.tensor([n - 1, n - 2])
    while learning.steps_due:
        assert (
            learning.step(labels, labels, torch.ones(n), torch.zeros(n, dtype=torch.bool), visible)
            is not None
        )
    assert set(learning.predictions.order.items[:42].tolist()) == {*range(40), n - 1, n - 2}
    results = sweep(learning, labels)
    # The first pass has 10 chunks, 4 per unit. One unit solves the kernel classifier. In the second
    # pass, the number of predicted items has doubled after 1, 2, 4 and 8 of 10 chunks.
    assert [i for i, (news, _) in enumerate(results) if news] == [4, 5, 7, 11, 13]
    assert [complete for _, complete in results] == [False] * (len(results) - 1) + [True]
    assert float((learning.predictions.newest.prediction.numpy() == truth).mean()) > 0.95


def test_a_sweep_over_many_items_takes_a_bounded_number_of_units(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A turn with a unit also does work for all items. An update of the map weights all edges of
    the graph."""
    monkeypatch.setattr(ensemble, "CHUNK", 10)
    learning, labels, truth = labelled(5000)
    learning.steps_due = 0
    learning.predictions.start_sweep(torch.arange(40))
    results = sweep(learning, labels)
    assert len(results) <= 2 * UNITS_PER_PASS + 1
    assert sum(news for news, _ in results) <= 7
    assert results[-1] == (True, True)
    assert len(learning.predictions.newest.prediction) == len(truth)
