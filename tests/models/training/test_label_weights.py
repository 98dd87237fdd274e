"""Weights of labels: labels that nobody looked at do not outweigh the verified ones."""

import torch

from lodespace.models.training.labels import ItemLabels


def test_labels_without_a_look_weigh_at_most_as_much_as_the_verified_ones() -> None:
    classes = torch.tensor([0] * 102 + [1] * 3 + [2] * 50 + [-1] * 5)
    verified = torch.zeros(160, dtype=torch.bool)
    verified[:2] = True  # two of class 0
    verified[102:104] = True  # two of class 1
    weights = ItemLabels(classes, torch.ones(160), verified).capped
    assert weights[verified].eq(1).all() and weights[155:].eq(0).all()
    torch.testing.assert_close(weights[2:102].sum(), torch.tensor(2.0))
    assert weights[104] == 1  # fewer than the verified ones
    assert weights[105:155].eq(1).all()  # a class that nobody has looked at


def test_weights_without_labels_are_zero() -> None:
    assert ItemLabels.of(torch.full((4,), -1)).capped.tolist() == [0.0] * 4
