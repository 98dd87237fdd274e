"""What the model thinks of every item, in numbers."""

import pytest
import torch

from lodespace.models.classification.item_predictions import no_opinion, opinion_of
from lodespace.models.dataset import UNLABELED


def test_doubt_is_of_the_label_where_there_is_one_and_of_the_prediction_elsewhere() -> None:
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])
    opinion = opinion_of(probabilities, torch.tensor([0, 1, UNLABELED]))
    assert opinion.prediction.tolist() == [0, 0, 0]
    assert opinion.confidence.tolist() == pytest.approx([0.7] * 3)
    assert opinion.margin.tolist() == pytest.approx([0.5] * 3)
    assert opinion.doubt.tolist() == pytest.approx([0.3, 0.8, 0.3])


def test_of_one_class_the_margin_is_the_confidence() -> None:
    opinion = opinion_of(torch.ones(2, 1), torch.tensor([0, UNLABELED]))
    assert opinion.margin.tolist() == [1, 1]
    assert opinion.doubt.tolist() == [0, 0]


def test_without_an_opinion_everything_is_doubtful() -> None:
    opinion = no_opinion(3, torch.device("cpu"))
    assert opinion.prediction.tolist() == [UNLABELED] * 3
    assert opinion.doubt.tolist() == [1, 1, 1]
    assert opinion.margin.tolist() == opinion.confidence.tolist() == [0, 0, 0]
