"""Weight of the learned classifiers, by their predictions of labels that were given later."""

import pytest
import torch

from lodespace.models.classification.evidence import WITHOUT_RECORDS, LearnedEvidence

N = 400


def given(count: int) -> torch.Tensor:
    """Return labels of two classes, on the first `count` items."""
    return torch.where(torch.arange(N) < count, torch.arange(N) % 2, -1)


def weight(evidence: LearnedEvidence, labels: torch.Tensor) -> float:
    return evidence.weight(labels, torch.zeros(N, dtype=torch.bool))


def test_labels_that_come_at_once_give_at_most_half_the_weight() -> None:
    evidence = LearnedEvidence(N)
    evidence.record(given(10), None, None)
    assert weight(evidence, given(10)) == pytest.approx(0.2), "few labels: the weight of the prior"
    evidence.record(given(200), None, None)
    assert weight(evidence, given(200)) == WITHOUT_RECORDS


@pytest.mark.parametrize(("learned", "low", "high"), [(0.9, 0.8, 1.0), (0.3, 0.0, 0.4)])
def test_better_predictions_of_later_labels_give_more_weight(
    learned: float, low: float, high: float
) -> None:
    evidence = LearnedEvidence(N)
    evidence.record(given(100), None, None)
    labels = given(300)

    def probabilities(own: float) -> torch.Tensor:
        found = torch.full((N, 2), 1 - own)
        found[torch.arange(N), torch.arange(N) % 2] = own
        return found

    evidence.record(labels, probabilities(learned), probabilities(0.6))
    assert low < weight(evidence, labels) < high
