"""The method M1+M2: its bounds compared with direct enumeration, and a short training."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.distributions import Categorical, Independent, Normal, kl_divergence

from m1_m2.experiment import Experiment
from m1_m2.m1 import Features, M1Settings, features_of, gaussian_kl, train_m1
from m1_m2.m2 import M2, M2Settings, train_m2

C, D, F, B = 3, 2, 4, 5
"""Numbers of classes, latent dimensions, features and items."""


@pytest.fixture
def model() -> M2:
    torch.manual_seed(0)
    return M2(F, C, M2Settings(latent_dim=D, hidden=6)).double()


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def direct_bound(model: M2, x: torch.Tensor, y: int, noise: torch.Tensor) -> torch.Tensor:
    """L of one item x (F,) and one class y, from the densities of torch.distributions."""
    one_hot = torch.nn.functional.one_hot(torch.tensor(y), C).double()
    softplus = torch.nn.functional.softplus
    h = softplus(model.encoder_x(x) + one_hot @ model.encoder_y.weight)
    mean, std = model.mean(h), (0.5 * model.log_variance(h)).exp()
    z = mean + noise * std
    h = softplus(model.decoder_z(z) + one_hot @ model.decoder_y.weight)
    x_given_z = Independent(Normal(model.x_mean(h), (0.5 * model.x_log_variance(h)).exp()), 1)
    prior = Independent(Normal(torch.zeros(D).double(), torch.ones(D).double()), 1)
    kl = kl_divergence(Independent(Normal(mean, std), 1), prior)
    return -x_given_z.log_prob(x) - math.log(1 / C) + kl


def test_the_labelled_bound_is_that_of_the_densities(model: M2) -> None:
    x, y, noise = random(B, F), torch.tensor([0, 2, 1, 1, 0]), random(B, D, seed=1)
    wanted = [direct_bound(model, x[i], int(y[i]), noise[i]) for i in range(B)]
    torch.testing.assert_close(model.labelled_cost(x, y, noise), torch.stack(wanted))


def test_the_unlabelled_bound_is_the_sum_over_all_classes(model: M2) -> None:
    x, noise = random(B, F), random(C, B, D, seed=1)
    q = torch.softmax(model.classifier(x), dim=1)
    entropy = Categorical(q).entropy()
    wanted = [
        sum(q[i, y] * direct_bound(model, x[i], y, noise[y, i]) for y in range(C)) - entropy[i]
        for i in range(B)
    ]
    torch.testing.assert_close(model.unlabelled_cost(x, noise), torch.stack(wanted))


def test_the_objective_weighs_items_and_labels_as_in_the_paper(model: M2) -> None:
    """The sum over a data set with 2 labels and 5 other items, divided by their number."""
    labelled, y, unlabelled = random(2, F), torch.tensor([1, 0]), random(B, F, seed=2)
    noise = random(2, D, seed=3), random(C, B, D, seed=4)
    n, alpha = 2 + B, 0.1 * (2 + B)
    log_q = torch.log_softmax(model.classifier(labelled), dim=1)[torch.arange(2), y]
    wanted = (
        model.labelled_cost(labelled, y, noise[0]).sum()
        + model.unlabelled_cost(unlabelled, noise[1]).sum()
        - alpha * log_q.mean()
    ) / n
    got = model.cost(labelled, y, unlabelled, noise, (2, B), 0.1)
    torch.testing.assert_close(got, wanted)


def test_gradients_of_the_bounds_agree_with_finite_differences(model: M2) -> None:
    x, noise = random(2, F).requires_grad_(), random(C, 2, D, seed=1)
    assert gradcheck(lambda x: model.unlabelled_cost(x, noise), (x,))
    kl = kl_divergence(Normal(x.detach(), 0.5), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(gaussian_kl(x, torch.full_like(x, math.log(0.25))).detach(), kl)


def test_a_short_training_learns_from_two_labels_per_class() -> None:
    """Three groups in four dimensions. A classifier that only guesses is right for a third."""
    truth = torch.arange(150) % 3
    centres = 3 * torch.eye(3, 4)
    rows = centres[truth] + 0.5 * random(150, 4).float()
    features = Features(rows, torch.full_like(rows, -4.0))
    labels = torch.full((150,), -1)
    labels[:6] = truth[:6]
    seen: list[int] = []
    settings = M2Settings(latent_dim=2, hidden=16, epochs=20, batch=72, alpha=1.0)
    settings = M2Settings(**{**vars(settings), "learning_rate": 2e-2})
    found = train_m2(features, labels, 3, settings, 0, lambda epochs, _: seen.append(epochs))
    assert float((found.argmax(dim=1) == truth)[6:].float().mean()) > 0.9
    torch.testing.assert_close(found.sum(dim=1), torch.ones(150))
    assert seen == [20]


def test_features_are_the_means_of_dimensions_that_distinguish_items() -> None:
    rng = np.random.default_rng(0)
    pictures = torch.from_numpy(rng.random((40, 4, 4)).astype(np.float32))
    settings = M1Settings(latent_dim=3, hidden=(8,), epochs=2, batch=20, augmented=False)
    model, _ = train_m1(pictures, settings, 0)
    with torch.no_grad():
        model.mean.weight[1], model.mean.bias[1] = 0, 7
        model.mean.weight[0] *= 1000
    features = features_of(model, pictures.flatten(1))
    mean, log_variance = model.encode(pictures.flatten(1))
    kept = mean.std(dim=0) > 0.1
    assert bool(kept[0]) and not bool(kept[1])
    torch.testing.assert_close(features.mean, mean[:, kept].detach())
    torch.testing.assert_close(features.log_variance, log_variance[:, kept].detach())
    sample = features.sample(torch.arange(40), torch.Generator().manual_seed(0))
    assert sample.shape == features.mean.shape and not torch.equal(sample, features.mean)


def test_a_result_is_kept_and_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[tuple[str, int]] = []

    def train(self: Experiment, method: str, seed: int) -> float:
        measured.append((method, seed))
        return 0.25 + seed

    monkeypatch.setattr(Experiment, "_train", train)
    first = Experiment(tmp_path)
    assert [first.measure("m1+m2", seed) for seed in (0, 1)] == [0.25, 1.25]
    again = Experiment(tmp_path)
    assert [again.measure("m1+m2", seed) for seed in (1, 2)] == [1.25, 2.25]
    assert measured == [("m1+m2", 0), ("m1+m2", 1), ("m1+m2", 2)]


def test_draws_have_ten_labels_per_class_and_score_the_other_items(tmp_path: Path) -> None:
    experiment = Experiment(tmp_path)
    labels = experiment.labels(3)
    assert np.bincount(labels[labels >= 0]).tolist() == [10] * 10
    assert (labels != experiment.labels(4)).any()
    right = experiment.truth.copy()
    assert experiment.accuracy(labels, right) == 1
    right[labels >= 0] = -7  # labelled items do not count
    assert experiment.accuracy(labels, right) == 1
    right[np.flatnonzero(labels < 0)[:490]] = -7
    assert experiment.accuracy(labels, right) == pytest.approx(0.9)
