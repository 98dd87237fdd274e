"""Kernel regression on features: left-out predictions, with and without approximation."""

import pytest
import torch

from lodespace.models.classification import feature_kernel
from lodespace.models.classification.feature_kernel import FeatureKernel
from lodespace.models.classification.kernel_classifier import BelievedLabels
from lodespace.models.item_predictions import UNLABELED


def clouds(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Four overlapping clouds: features (n, 2) with a mean square of 1, classes int64 (n,)."""
    generator = torch.Generator().manual_seed(0)
    classes = torch.randint(4, (n,), generator=generator)
    middle = torch.stack([classes % 2, classes // 2], dim=1) * 2.0 - 1
    points = middle + 0.4 * torch.randn(n, 2, generator=generator)
    return points / points.square().mean().sqrt(), classes


def fitted(features: torch.Tensor, labels: torch.Tensor) -> FeatureKernel:
    n = len(labels)
    verified = torch.zeros(n, dtype=torch.bool)
    found = FeatureKernel(features, BelievedLabels(labels, torch.ones(n), verified, n_classes=4))
    found.fit()
    return found


def test_left_out_predictions_equal_a_fit_without_that_label() -> None:
    features, labels = clouds(60)
    whole = fitted(features, labels)
    items = torch.arange(60)
    for item in (0, 7, 33):
        fewer = labels.clone()
        fewer[item] = UNLABELED
        alone = fitted(features, fewer)
        alone._width, alone._noise, alone._sharpness = whole._width, whole._noise, whole._sharpness
        alone.fit()
        alone._sharpness = whole._sharpness
        torch.testing.assert_close(
            whole.probabilities(items)[item], alone.probabilities(items)[item], atol=2e-3, rtol=0
        )


@pytest.mark.parametrize(("landmarks", "labels_used"), [(64, 600), (64, 300)])
def test_many_labels_are_used_by_an_approximation(
    monkeypatch: pytest.MonkeyPatch, landmarks: int, labels_used: int
) -> None:
    features, truth = clouds(900)
    labels = truth.clone()
    labels[600:] = UNLABELED
    wrong = torch.arange(0, 600, 40)
    labels[wrong] = (truth[wrong] + 1) % 4
    exact = fitted(features, labels).probabilities(torch.arange(900))
    monkeypatch.setattr(feature_kernel, "LANDMARKS", landmarks)
    monkeypatch.setattr(feature_kernel, "MOST_LABELS", labels_used)
    found = fitted(features, labels).probabilities(torch.arange(900))
    assert float((found.argmax(dim=1) == truth).float().mean()) > 0.95
    own = found[:600].gather(1, labels[:600, None]).squeeze(1)
    assert len(set(own.argsort()[:20].tolist()) & set(wrong.tolist())) >= 10
    assert float((found - exact).abs().mean()) < 0.1


def test_outliers_and_equal_rows_do_not_stop_the_fit() -> None:
    features, labels = clouds(300)
    features[5] *= 1000
    features[6] = features[5] * 1.00001
    features[20:60] = features[20]
    found = fitted(features / features.square().mean().sqrt(), labels)
    assert bool(found.probabilities(torch.arange(300)).isfinite().all())
