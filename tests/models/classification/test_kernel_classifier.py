"""The kernel classifier: solution, left-out predictions, and selection of labels."""

import torch

from lodespace.models.classification.kernel_classifier import (
    BelievedLabels,
    KernelClassifier,
    chosen,
)
from lodespace.models.item_predictions import UNLABELED


def two_moons(n: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    """Two half circles that no plane separates: features (N, 2), classes int64 (N,)."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % 2
    angle = torch.rand(n, generator=generator) * torch.pi
    points = torch.stack([angle.cos(), angle.sin()], dim=1)
    points[labels == 1] = torch.tensor([1.0, 0.4]) - points[labels == 1]
    return points + 0.05 * torch.randn(n, 2, generator=generator), labels


def solved(
    features: torch.Tensor, labels: torch.Tensor, belief: torch.Tensor | None = None
) -> KernelClassifier:
    n = len(labels)
    belief = torch.ones(n) if belief is None else belief
    verified = torch.zeros(n, dtype=torch.bool)
    return KernelClassifier(features, BelievedLabels(labels, belief, verified, n_classes=2))


def test_classes_without_a_separating_plane_are_separated() -> None:
    features, truth = two_moons()
    labels = truth.clone()
    labels[60:] = UNLABELED
    prediction = solved(features, labels).probabilities(features).argmax(dim=1)
    assert float((prediction == truth)[60:].float().mean()) > 0.97


def test_left_out_predictions_equal_a_fit_without_that_label() -> None:
    features, labels = two_moons(40)
    whole = solved(features, labels)
    for item in (0, 7, 33):
        fewer = labels.clone()
        fewer[item] = UNLABELED
        alone = solved(features, fewer)
        alone.sharpness = whole.sharpness
        # All items are standardised together, so the two solutions differ only by one label.
        torch.testing.assert_close(
            whole.left_out[item], alone.probabilities(features[[item]])[0], atol=1e-3, rtol=0
        )


def test_a_wrong_label_is_not_learned_by_heart() -> None:
    features, labels = two_moons()
    labels[11] = 1 - labels[11]
    found = solved(features, labels).left_out
    own = found.gather(1, labels[:, None]).squeeze(1)
    assert int(own.argmin()) == 11


def test_a_label_that_is_doubted_pulls_less() -> None:
    features, labels = two_moons()
    wrong = labels.clone()
    wrong[11] = 1 - labels[11]
    belief = torch.ones(len(labels))
    believed = solved(features, wrong, belief).probabilities(features[[11]])[0, wrong[11]]
    belief[11] = 0.1
    doubted = solved(features, wrong, belief).probabilities(features[[11]])[0, wrong[11]]
    assert doubted < believed


def test_of_many_labels_verified_ones_come_first_then_classes_evenly() -> None:
    labels = torch.zeros(1000, dtype=torch.int64)
    labels[900:950] = 1
    labels[950:] = UNLABELED
    verified = torch.zeros(1000, dtype=torch.bool)
    verified[:30] = True
    items = chosen(labels, verified, most=150)
    assert len(items) <= 150
    assert set(range(30)) <= set(items.tolist())
    assert int((labels[items] == 1).sum()) == 50
    assert (labels[items] != UNLABELED).all()
    assert torch.equal(chosen(labels, verified, most=2000), torch.arange(950))
    assert len(chosen(labels, torch.ones(1000, dtype=torch.bool), most=150)) == 150
