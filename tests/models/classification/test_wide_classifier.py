"""Selection of labelled items for a batch of the wide classifier."""

import pytest
import torch

from lodespace.models.classification.wide_classifier import BATCH_SIZE, BalancedBatches
from lodespace.models.item_predictions import UNLABELED


def drawn(labels: torch.Tensor, verified: torch.Tensor, batches: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.cat([BalancedBatches(labels, verified).draw(generator) for _ in range(batches)])


def test_half_of_each_class_are_verified_items_however_few_they_are() -> None:
    labels = torch.full((1000,), UNLABELED)
    labels[:900] = torch.arange(900) % 3
    verified = torch.zeros(1000, dtype=torch.bool)
    verified[:6] = True
    items = drawn(labels, verified)
    assert len(items) == 40 * BATCH_SIZE and (labels[items] != UNLABELED).all()
    for class_id in range(3):
        own = items[labels[items] == class_id]
        assert float(verified[own].float().mean()) == pytest.approx(0.5, abs=0.05)


def test_a_region_of_one_class_does_not_make_that_class_more_likely() -> None:
    """All classes are sampled equally often, although a region adds 300 labels to one class."""
    labels = torch.full((500,), UNLABELED)
    labels[:30] = torch.arange(30) % 10
    verified = labels != UNLABELED
    labels[100:400] = 3
    share = torch.bincount(labels[drawn(labels, verified)], minlength=10) / (40 * BATCH_SIZE)
    assert share.tolist() == pytest.approx([0.1] * 10, abs=0.02)


def test_without_verified_items_or_without_others_a_batch_is_whole() -> None:
    labels = torch.arange(30) % 3
    for share in (torch.zeros(30, dtype=torch.bool), torch.ones(30, dtype=torch.bool)):
        items = BalancedBatches(labels, share).draw(torch.Generator().manual_seed(0))
        assert len(items) == BATCH_SIZE
        assert set(labels[items].tolist()) == {0, 1, 2}


def test_without_labels_there_is_no_batch() -> None:
    nothing = torch.full((5,), UNLABELED)
    assert (
        len(BalancedBatches(nothing, torch.zeros(5, dtype=torch.bool)).draw(torch.Generator())) == 0
    )
