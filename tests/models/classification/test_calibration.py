"""Exponents and weights from left-out labels."""

import pytest
import torch

from lodespace.models.classification import calibration


def sampled(
    n: int, exponent: float, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return true class probabilities (n, 4), drawn classes, and predictions of one classifier.

    The classes are drawn from the true probabilities. The predictions are the true probabilities to
    the power of `exponent`, normalised.
    """
    generator = torch.Generator().manual_seed(seed)
    true = torch.softmax(2 * torch.randn(n, 4, generator=generator), dim=1)
    classes = torch.multinomial(true, 1, generator=generator).squeeze(1)
    return true, classes, calibration.tempered(true, exponent)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.5])
def test_the_exponent_undoes_over_and_underconfidence(exponent: float) -> None:
    _, classes, voice = sampled(2000, exponent)
    found = calibration.fitted_exponent(voice, classes, torch.ones(2000))
    assert found * exponent == pytest.approx(1, rel=0.17)


def test_one_label_that_the_voice_excludes_changes_the_exponent_little() -> None:
    """The label may be wrong, so it counts no more than LEAST_PROBABILITY allows."""
    voice = torch.tensor([[0.9, 0.1]]).repeat(20, 1)
    voice[0] = torch.tensor([1e-6, 1 - 1e-6])
    none = torch.zeros(20, dtype=torch.int64)
    assert calibration.fitted_exponent(voice, none, torch.ones(20)) > 1


def test_few_labels_change_the_exponent_little() -> None:
    _, classes, voice = sampled(4, 3.0)
    assert calibration.fitted_exponent(voice, classes, torch.ones(4)) > 0.6


def test_the_better_voice_gets_the_weight_and_few_labels_keep_the_prior() -> None:
    true, classes, _ = sampled(500, 1.0)
    own = torch.stack([calibration.own_probability(true, classes), torch.full((500,), 0.25)], dim=1)
    prior = torch.tensor([0.2, 0.8])
    weights = calibration.voice_weights(own, prior, 10.0, torch.ones(500))
    assert weights[0] > 0.9
    assert float(weights.sum()) == pytest.approx(1)
    few = calibration.voice_weights(own[:2], prior, 10.0, torch.ones(2))
    assert abs(float(few[0]) - 0.2) < 0.15
    none = calibration.voice_weights(own[:0], prior, 10.0, torch.ones(0))
    assert torch.allclose(none, prior)
