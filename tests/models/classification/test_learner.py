"""Order in which the items of a large data set are predicted."""

import numpy as np
import torch

from lodespace.models import Dataset
from lodespace.models.classification.ensemble import CHUNK, TrainingLabels
from lodespace.models.classification.learner import CHUNKS_PER_UPDATE, LabelLearning
from lodespace.models.features.network import FeatureNetwork


def test_visible_and_labelled_items_are_predicted_first() -> None:
    n = CHUNK * (CHUNKS_PER_UPDATE + 2)
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
    visible = torch.tensor([n - 1, n - 2])
    while learning.steps_due:
        assert (
            learning.step(labels, labels, torch.ones(n), torch.zeros(n, dtype=torch.bool), visible)
            is not None
        )
    assert set(learning.predictions.order[:42].tolist()) == {*range(40), n - 1, n - 2}
    results = []
    while learning.at_work:
        results.append(
            learning.predict(
                TrainingLabels(labels, labels, labels, torch.zeros(n, dtype=torch.bool))
            )
        )
    assert [i for i, (news, _) in enumerate(results) if news] == [
        CHUNKS_PER_UPDATE - 1,
        2 * CHUNKS_PER_UPDATE,  # one unit solved the kernel classifier
        len(results) - 1,
    ]
    assert [complete for _, complete in results] == [False] * (len(results) - 1) + [True]
    assert float((learning.predictions.newest.prediction.numpy() == truth).mean()) > 0.95
