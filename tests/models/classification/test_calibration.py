"""Exponents, weights and doubts from left-out labels."""

import pytest
import torch

from lodespace.models.classification import calibration
from lodespace.models.classification.decisions import given_labels


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


@pytest.mark.parametrize("classes", [4, 10])
@pytest.mark.parametrize("share", [0.0, 0.05])
def test_the_sum_of_doubts_is_the_number_of_wrong_labels(share: float, classes: int) -> None:
    """A classifier also learns from wrong labels, so it predicts labels, not true classes."""
    n = 2000
    generator = torch.Generator().manual_seed(1)
    true = torch.softmax(8 * torch.randn(n, classes, generator=generator), dim=1)
    truth = torch.multinomial(true, 1, generator=generator).squeeze(1)
    wrong = torch.rand(n, generator=generator) < share
    shift = torch.randint(1, classes, (n,), generator=generator)
    labels = torch.where(wrong, (truth + shift) % classes, truth)
    right = calibration.own_probability(true, labels)
    own = (1 - share) * right + share / (classes - 1) * (1 - right)
    found = calibration.wrong_share(own, classes)
    doubt = calibration.doubts(own, found, classes)
    assert float(doubt.sum()) == pytest.approx(float(wrong.sum()), abs=0.05 * n), f"{found:.3f}"
    if share:
        assert float(doubt[wrong].mean()) > 3 * float(doubt[~wrong].mean())
        worst = doubt.argsort(descending=True)[:27]
        assert float(doubt[worst].sum()) == pytest.approx(int(wrong[worst].sum()), abs=3)


@pytest.mark.parametrize("classes", [2, 10])
def test_mistakes_that_voices_have_learned_do_not_support_a_label(classes: int) -> None:
    """Voices that have learned 5 % wrong labels give 0.05 to the other one of two classes."""
    own = torch.tensor([0.05 / (classes - 1), 0.05 / (classes - 1) + 0.05, 0.5, 0.95])
    doubt = calibration.doubts(own, 0.05, classes)
    assert float(doubt[0]) > 0.95 and 0.3 < float(doubt[1]) < 0.6
    assert float(doubt[2]) < 0.06 and float(doubt[3]) < 0.005


def test_the_only_label_of_a_class_is_not_a_suspect() -> None:
    probabilities = torch.tensor([[0.98, 0.01, 0.01], [0.9, 0.1, 0.0], [0.95, 0.05, 0.0]])
    labels = torch.tensor([0, 0, 2])
    found = given_labels(probabilities, labels, 0.05)
    assert found.argmax(dim=1).tolist() == [0, 0, 2]
    assert 1 - float(found[2, 2]) == pytest.approx(0.05, abs=0.005)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(3))


def test_a_label_that_all_other_labels_contradict_is_predicted_otherwise() -> None:
    probabilities = torch.tensor([[0.999, 0.001]]).repeat(400, 1)
    labels = torch.zeros(400, dtype=torch.int64)
    labels[:100] = 1
    labels[300:] = -1
    found = given_labels(probabilities, labels, 0.2)
    assert int(found[0].argmax()) == 0
    assert torch.equal(found[300:], probabilities[300:])
