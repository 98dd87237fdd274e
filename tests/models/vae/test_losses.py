"""The terms of equation 1, compared with torch.distributions, plain formulas and finite
differences."""

import pytest
import torch
from torch.autograd import gradcheck
from torch.distributions import Bernoulli, Normal
from torch.distributions import kl_divergence as reference_kl

from lodespace.models.item_predictions import UNLABELED
from lodespace.models.loss_terms import LossWeights
from lodespace.models.vae.losses import (
    classification_loss,
    kl_per_dimension,
    reconstruction_loss,
    total_loss,
)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_kl_is_that_of_torch_distributions() -> None:
    mean, log_variance = 2 * random(7, 3), random(7, 3, seed=1)
    prior = Normal(torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64))
    wanted = reference_kl(Normal(mean, (0.5 * log_variance).exp()), prior)
    torch.testing.assert_close(kl_per_dimension(mean, log_variance), wanted.mean(dim=0))
    torch.testing.assert_close(kl_per_dimension(mean, log_variance).sum(), wanted.sum(dim=1).mean())


def test_kl_of_the_prior_itself_is_zero() -> None:
    assert float(kl_per_dimension(torch.zeros(4, 2), torch.zeros(4, 2)).sum()) == 0


def test_reconstruction_of_pictures_is_the_bernoulli_likelihood() -> None:
    """The loss is a sum over pixels and a mean over the batch, also where sigmoid saturates."""
    logits = random(5, 1, 4, 4) * torch.tensor([0.1, 1, 10, 50, 200]).view(5, 1, 1, 1)
    black_or_white = (random(5, 1, 4, 4, seed=1) > 0).double()
    wanted = -Bernoulli(logits=logits).log_prob(black_or_white).sum(dim=(1, 2, 3)).mean()
    torch.testing.assert_close(reconstruction_loss(logits, black_or_white), wanted)


def test_reconstruction_loss_of_pixels_equals_torchs_cross_entropy() -> None:
    x = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    logits = (
        20 * torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    ).requires_grad_()
    wanted = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 6
    (wanted_gradient,) = torch.autograd.grad(wanted, logits)
    loss = reconstruction_loss(logits, x)
    (gradient,) = torch.autograd.grad(loss, logits)
    torch.testing.assert_close(loss, wanted)
    torch.testing.assert_close(gradient, wanted_gradient, atol=1e-7, rtol=1e-5)


def test_reconstruction_of_vectors_is_the_gaussian_likelihood() -> None:
    means, x = random(5, 4), random(5, 4, seed=1)
    constant = Normal(0.0, 1.0).log_prob(torch.zeros(())) * 4
    wanted = -Normal(means, 1.0).log_prob(x).sum(dim=1).mean() + constant
    torch.testing.assert_close(reconstruction_loss(means, x), wanted)


def test_classification_is_the_mean_over_labelled_items_only() -> None:
    logits = random(4, 3)
    labels = torch.tensor([2, UNLABELED, 0, UNLABELED])
    log_p = logits.log_softmax(dim=1)
    torch.testing.assert_close(
        classification_loss(logits, labels), -(log_p[0, 2] + log_p[2, 0]) / 2
    )


def test_classification_weighs_labels() -> None:
    logits = random(3, 3)
    labels, weights = (
        torch.tensor([1, 2, UNLABELED]),
        torch.tensor([3.0, 1.0, 100.0], dtype=torch.float64),
    )
    log_p = logits.log_softmax(dim=1)
    wanted = -(3 * log_p[0, 1] + log_p[1, 2]) / 4
    torch.testing.assert_close(classification_loss(logits, labels, weights), wanted)


@pytest.mark.parametrize("n", [0, 5])
def test_a_batch_without_labels_contributes_zero_and_no_gradient(n: int) -> None:
    logits = random(n, 3).requires_grad_()
    loss = classification_loss(logits, torch.full((n,), UNLABELED))
    assert float(loss.detach()) == 0
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.equal(gradient, torch.zeros(n, 3, dtype=torch.float64))


def test_total_is_equation_1() -> None:
    terms = {
        name: torch.tensor(value)
        for name, value in {"reconstruction": 7.0, "kl": 2.0, "classification": 0.5}.items()
    }
    weights = LossWeights(beta_kl=3, beta_classifier=100, beta_encoder=10)
    assert float(total_loss(terms, weights)) == 7 + 3 * 2 + 100 * 0.5
    assert float(total_loss(terms, weights, kl_scale=0.5)) == 7 + 0.5 * 3 * 2 + 100 * 0.5
    assert float(total_loss({**terms, "encoder": torch.tensor(4.0)}, weights)) == 7 + 6 + 50 + 40


@pytest.mark.parametrize(("kl", "capacity"), [(2.0, 5.0), (5.0, 2.0), (3.0, 3.0), (3.0, 0.0)])
def test_with_a_capacity_the_kl_term_is_the_distance_to_it(kl: float, capacity: float) -> None:
    terms = {
        name: torch.tensor(value)
        for name, value in {"reconstruction": 7.0, "kl": kl, "classification": 0.5}.items()
    }
    weights = LossWeights(beta_kl=1000, beta_classifier=100)
    wanted = 7 + 1000 * abs(kl - capacity) + 100 * 0.5
    assert float(total_loss(terms, weights, kl_capacity=capacity)) == wanted
    assert float(terms["kl"]) == kl


@pytest.mark.parametrize("capacity", [0.3, 30.0])
def test_the_gradient_with_a_capacity_agrees_with_finite_differences(capacity: float) -> None:
    """0.3 nats is below the KL divergence of these items, 30 nats above."""

    def loss(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
        terms = {"kl": kl_per_dimension(mean, log_variance).sum()}
        return total_loss(terms, LossWeights(beta_kl=1000), kl_capacity=capacity)

    mean, log_variance = random(4, 2).requires_grad_(), random(4, 2, seed=1).requires_grad_()
    assert gradcheck(loss, (mean, log_variance))
    (gradient,) = torch.autograd.grad(loss(mean, log_variance), mean)
    sign = 1 if capacity < 1 else -1
    torch.testing.assert_close(gradient, sign * 1000 * mean / 4)


def test_gradients_agree_with_finite_differences() -> None:
    pictures = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(3)).double()
    vectors, labels = random(3, 5, seed=4), torch.tensor([1, UNLABELED, 0])
    weights = torch.tensor([1.0, 1.0, 0.3], dtype=torch.float64)
    mean, log_variance = random(3, 2).requires_grad_(), random(3, 2, seed=1).requires_grad_()
    assert gradcheck(
        lambda r: reconstruction_loss(r, pictures), random(3, 1, 4, 4, seed=2).requires_grad_()
    )
    assert gradcheck(
        lambda r: reconstruction_loss(r, vectors), random(3, 5, seed=2).requires_grad_()
    )
    assert gradcheck(lambda *q: kl_per_dimension(*q).sum(), (mean, log_variance))
    assert gradcheck(kl_per_dimension, (mean, log_variance))
    assert gradcheck(
        lambda c: classification_loss(c, labels, weights), random(3, 4, seed=5).requires_grad_()
    )


def test_the_gradient_of_equation_1_agrees_with_finite_differences() -> None:
    """The gradient includes the path through the reparameterised sample with fixed noise."""
    x, noise = (
        torch.rand(4, 1, 2, 2, generator=torch.Generator().manual_seed(0)).double(),
        random(4, 2, seed=9),
    )
    decoder, head, labels = (
        random(2, 4, seed=7),
        random(2, 3, seed=8),
        torch.tensor([0, 2, UNLABELED, 1]),
    )

    def equation_1(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
        sample = mean + noise * (0.5 * log_variance).exp()
        terms = {
            "reconstruction": reconstruction_loss((sample @ decoder).view(4, 1, 2, 2), x),
            "kl": kl_per_dimension(mean, log_variance).sum(),
            "classification": classification_loss(mean @ head, labels),
        }
        return total_loss(terms, LossWeights(beta_kl=3, beta_classifier=10))

    assert gradcheck(
        equation_1, (random(4, 2).requires_grad_(), random(4, 2, seed=1).requires_grad_())
    )
