"""Class probabilities of labelled items."""

import torch

from lodespace.models.classification.label_posterior import posterior_of

PREDICTED = torch.tensor([[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]])
LABELS = torch.tensor([0, 0, -1])


def test_an_improbable_label_leaves_more_to_the_prediction() -> None:
    sure = posterior_of(PREDICTED, LABELS)
    torch.testing.assert_close(sure[1], torch.tensor([0.92, 0.08]))
    half = posterior_of(PREDICTED, LABELS, weights=torch.tensor([1.0, 0.5, 1.0]))
    torch.testing.assert_close(half[1], torch.tensor([0.56, 0.44]))
    torch.testing.assert_close(half[[0, 2]], sure[[0, 2]])
    torch.testing.assert_close(half.sum(dim=1), torch.ones(3))


def test_some_items_have_the_same_probabilities_as_among_all() -> None:
    weights, items = torch.tensor([0.3, 0.6, 1.0]), torch.tensor([2, 1])
    every = posterior_of(PREDICTED, LABELS, weights=weights)
    torch.testing.assert_close(posterior_of(PREDICTED, LABELS, items, weights), every[items])
