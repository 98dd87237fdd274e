"""Predictions, margins and doubts from class probabilities."""

import pytest
import torch

from lodespace.models.classification.decisions import no_predictions, predictions_from
from lodespace.models.item_predictions import UNLABELED


def test_doubt_refers_to_the_label_or_else_to_the_prediction() -> None:
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    found = predictions_from(probabilities, torch.tensor([0, 1, UNLABELED]))
    assert found.prediction.tolist() == [0, 0, 0]
    assert found.confidence.tolist() == pytest.approx([0.7] * 3)
    assert found.margin.tolist() == pytest.approx([0.5] * 3)
    assert found.doubt.tolist() == pytest.approx([0.3, 0.8, 0.3])


def test_of_one_class_the_margin_is_the_confidence() -> None:
    found = predictions_from(torch.ones(2, 1), torch.tensor([0, UNLABELED]))
    assert found.margin.tolist() == [1, 1]
    assert found.doubt.tolist() == [0, 0]


def test_without_predictions_everything_is_doubtful() -> None:
    found = no_predictions(3, torch.device("cpu"))
    assert found.prediction.tolist() == [UNLABELED] * 3
    assert found.doubt.tolist() == [1, 1, 1]
    assert found.margin.tolist() == found.confidence.tolist() == [0, 0, 0]
