"""Which labelled items the wide classifier sees."""

import torch

from lodespace.models.dataset import UNLABELED
from lodespace.models.wide_classifier import BATCH_SIZE, batch_of


def test_verified_items_are_half_of_a_batch_however_few_they_are() -> None:
    labels = torch.full((1000,), UNLABELED)
    labels[:900] = torch.arange(900) % 3
    verified = torch.zeros(1000, dtype=torch.bool)
    verified[:6] = True
    items = batch_of(labels, verified, torch.Generator().manual_seed(0))
    assert len(items) == BATCH_SIZE
    assert int(verified[items].sum()) == BATCH_SIZE // 2
    assert (labels[items] != UNLABELED).all()


def test_without_verified_items_or_without_others_a_batch_is_whole() -> None:
    labels = torch.arange(30) % 3
    for share in (torch.zeros(30, dtype=torch.bool), torch.ones(30, dtype=torch.bool)):
        items = batch_of(labels, share, torch.Generator().manual_seed(0))
        assert len(items) == BATCH_SIZE
        assert set(labels[items].tolist()) == {0, 1, 2}


def test_without_labels_there_is_no_batch() -> None:
    nothing = torch.full((5,), UNLABELED)
    assert len(batch_of(nothing, torch.zeros(5, dtype=torch.bool), torch.Generator().manual_seed(0))) == 0
