"""Selection of items for a batch."""

import pytest
import torch

from lodespace.models.batches import Epochs, class_balanced


def test_an_epoch_holds_every_item_once() -> None:
    epochs = Epochs(103, 10, torch.Generator().manual_seed(0))
    batches = [epochs.next() for _ in range(epochs.batches_per_epoch)]
    assert sorted(torch.cat(batches).tolist()) == list(range(103))
    assert epochs.next().tolist() != batches[0].tolist()


def test_classes_come_equally_often_however_many_labels_they_have() -> None:
    labels = torch.full((1000,), -1)
    labels[:600], labels[600:610], labels[610:700] = 0, 1, 2
    batch = class_balanced(labels, 30_000, torch.Generator().manual_seed(0))
    counts = torch.bincount(labels[batch], minlength=3)
    assert (labels[batch] >= 0).all()
    assert (counts - 10_000).abs().max() < 400  # five standard deviations


def test_weights_favour_items_within_their_class_only() -> None:
    labels = torch.tensor([0, 0, 1])
    weights = torch.tensor([3.0, 1.0, 0.01])
    batch = class_balanced(labels, 40_000, torch.Generator().manual_seed(0), weights)
    counts = torch.bincount(batch, minlength=3) / 40_000
    assert counts.tolist() == pytest.approx([0.375, 0.125, 0.5], abs=0.02)


def test_without_labels_the_batch_is_empty() -> None:
    assert len(class_balanced(torch.full((5,), -1), 64, torch.Generator())) == 0


def test_more_labels_than_multinomial_takes_are_drawn_evenly() -> None:
    n = 2**24 + 2
    labels = torch.zeros(n, dtype=torch.int64)
    labels[-1] = 1
    batch = class_balanced(labels, 4000, torch.Generator().manual_seed(0))
    assert int((batch == n - 1).sum()) == pytest.approx(2000, abs=160)  # five standard deviations
    common = batch[batch != n - 1].double() / n
    assert float(common.mean()) == pytest.approx(0.5, abs=0.035)
