"""Selection of items for a batch."""

import pytest
import torch

from lodespace.models import batches
from lodespace.models.batches import Epochs, class_balanced


def test_an_epoch_holds_every_item_once() -> None:
    epochs = Epochs(103, 10, torch.Generator().manual_seed(0))
    batches = [epochs.next() for _ in range(epochs.batches_per_epoch)]
    assert sorted(torch.cat(batches).tolist()) == list(range(103))
    assert epochs.next().tolist() != batches[0].tolist()


@pytest.mark.parametrize("n", [103, 104])
def test_an_epoch_continues_from_a_state(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """With more than 103 items, the state has a seed and no permutation."""
    monkeypatch.setattr(batches, "MANY", 103)
    epochs, again = (Epochs(n, 10, torch.Generator().manual_seed(k)) for k in (0, 1))
    assert len(epochs.tensors("x")["x_order"]) == 0
    first = [epochs.next() for _ in range(epochs.batches_per_epoch + 3)]
    assert sorted(torch.cat(first[: epochs.batches_per_epoch]).tolist()) == list(range(n))
    assert epochs.order.tolist() != torch.cat(first[: epochs.batches_per_epoch]).tolist()
    tensors = {name: tensor.clone() for name, tensor in epochs.tensors("x").items()}
    assert tensors.keys() == ({"x_order"} if n == 103 else {"x_seed"})
    again.generator.set_state(epochs.generator.get_state())
    again.load("x", tensors, epochs.position)
    for _ in range(2 * epochs.batches_per_epoch):
        assert torch.equal(again.next(), epochs.next())


def test_an_epoch_of_many_items_continues_from_an_older_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MANY", 50)
    epochs, order = Epochs(103, 10, torch.Generator().manual_seed(0)), torch.arange(103).flip(0)
    epochs.next()
    epochs.load("x", {"x_order": order.to(torch.int32)}, 20)
    assert epochs.next().tolist() == list(range(82, 72, -1))
    assert torch.equal(epochs.tensors("x")["x_order"].long(), order)
    with pytest.raises(KeyError):
        epochs.load("y", {}, 0)


def test_an_epoch_with_another_order_for_its_seed_has_its_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another version of torch can draw another permutation."""
    monkeypatch.setattr(batches, "MANY", 50)
    epochs = Epochs(103, 10, torch.Generator().manual_seed(0))
    for _ in range(3):
        epochs.next()
    tensors = epochs.tensors("x")
    monkeypatch.setattr(batches, "permutation", lambda n, seed: torch.arange(n).roll(seed % n))
    again = Epochs(103, 10, torch.Generator().manual_seed(1))
    again.load("x", tensors, epochs.position)
    left = torch.cat([again.next() for _ in range(again.batches_per_epoch - 3)])
    assert len(left) == len(left.unique()) == 73
    following = torch.cat([again.next() for _ in range(again.batches_per_epoch)])
    assert sorted(following.tolist()) == list(range(103))


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
