"""Named axes: the map turns and moves so that a value of the items grows along an axis."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from lodespace.models import Dataset, Trainer, preset
from lodespace.models.hidden_values import HIDDEN_FROM, hidden_values, rank_correlation
from samples.trainings import labels_of, quick, rest

pytestmark = pytest.mark.slow

N = 300


def groups_with_a_factor(n: int = N) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """Return vectors in 3 groups, the group of each vector, and a factor that is independent of the
    groups.

    The factor is the squared sum of three features, so it is not a principal component.
    """
    random = np.random.default_rng(3)
    truth = np.arange(n) % 3
    noise = np.repeat([1.0, 0.4], [5, 3])
    vectors = random.normal(0, 4, (3, 8))[truth] + random.normal(0, noise, (n, 8))
    factor = random.uniform(0, 2, n)
    vectors[:, 5:] += 3 * np.sqrt(factor)[:, None]
    return Dataset.from_vectors(vectors), truth, factor.astype(np.float32)


def standard(values: np.ndarray) -> np.ndarray:
    return ((values - np.nanmean(values)) / np.nanstd(values)).astype(np.float32)


@pytest.fixture(scope="module")
def still() -> Trainer:
    """A trainer at rest with some labels. Tests load its state into their own trainer."""
    data, truth, _ = groups_with_a_factor()
    trainer = Trainer(data, quick(), n_classes=3, device="cpu")
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(0, N, 10)))
    rest(trainer)
    return trainer


@pytest.fixture
def trainer(still: Trainer) -> Trainer:
    data, _, _ = groups_with_a_factor()
    return Trainer.from_state(still.state(), data, device="cpu")


def half_hidden() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The factor, the factor with half of its values unknown, and which are unknown."""
    _, _, factor = groups_with_a_factor()
    unknown = np.random.default_rng(0).random(N) < 0.5
    return factor, np.where(unknown, np.nan, factor).astype(np.float32), unknown


@pytest.mark.parametrize("dimension", [0, 2])
def test_an_axis_orders_items_of_unknown_value(trainer: Trainer, dimension: int) -> None:
    factor, known, unknown = half_hidden()
    before = trainer.snapshot().latent_mean
    trainer.set_axes([dimension], standard(known)[:, None])
    after = rest(trainer).latent_mean
    found = spearmanr(after[unknown, dimension], factor[unknown]).statistic
    assert found > 0.8
    # A map that has no named axis has a random direction, which can be close to the axis.
    assert found > abs(spearmanr(before[unknown, dimension], factor[unknown]).statistic) + 0.1
    others = [d for d in range(3) if d != dimension]
    assert max(abs(spearmanr(after[:, d], factor).statistic) for d in others) < 0.5


def test_hidden_values_have_no_effect_on_the_map(trainer: Trainer, still: Trainer) -> None:
    _, known, _ = half_hidden()
    values = standard(known)
    hidden = hidden_values(values)
    assert (~np.isnan(values)).sum() >= HIDDEN_FROM and 10 < hidden.sum() < 60
    other = Trainer.from_state(still.state(), trainer.dataset, device="cpu")
    trainer.set_axes([1], values[:, None])
    other.set_axes([1], np.where(hidden, 1.0, values).astype(np.float32)[:, None])
    np.testing.assert_array_equal(rest(trainer).latent_mean, rest(other).latent_mean)


def test_few_values_are_compared_with_left_out_predictions(trainer: Trainer) -> None:
    factor, _, _ = half_hidden()
    order = np.argsort(factor)
    values = np.full(N, np.nan, np.float32)
    values[order[:12]], values[order[-12:]] = -1, 1
    trainer.set_axes([0], values[:, None])
    rest(trainer)
    ((n, correlation),) = trainer.loop.axis_left_out
    assert n == 24 and correlation > 0.6
    shown = trainer.snapshot().latent_mean[:, 0]
    assert spearmanr(shown, factor).statistic > 0.6


def test_a_value_that_items_do_not_show_moves_only_its_items(trainer: Trainer) -> None:
    values = np.full(N, np.nan, np.float32)
    values[:60] = standard(np.random.default_rng(1).normal(size=60).astype(np.float32))
    before = trainer.snapshot().latent_mean
    trainer.set_axes([0], values[:, None])
    after = rest(trainer).latent_mean
    assert spearmanr(after[:60, 0], values[:60]).statistic > 0.7
    axes = trainer.loop.axes
    assert axes is not None and float(axes.stiffness[60:].max()) < 0.1 * float(axes.stiffness.max())
    assert after[60:].std(axis=0).min() > 0.5 * before[60:].std(axis=0).min()


def test_two_axes_are_carried_at_right_angles(trainer: Trainer) -> None:
    factor, known, unknown = half_hidden()
    other = trainer.dataset.stored[:, 0].numpy()
    values = np.stack([standard(known), standard(other)], axis=1)
    trainer.set_axes([0, 2], values)
    shown = rest(trainer).latent_mean
    axes = trainer.loop.axes
    assert axes is not None and axes.dimensions == (0, 2)
    assert torch.allclose(axes.directions @ axes.directions.T, torch.eye(2), atol=1e-5)
    assert spearmanr(shown[unknown, 0], factor[unknown]).statistic > 0.7
    assert spearmanr(shown[:, 2], other).statistic > 0.8


def test_removing_the_axes_ends_their_force(trainer: Trainer) -> None:
    _, known, _ = half_hidden()
    trainer.set_axes([0], standard(known)[:, None])
    rest(trainer)
    assert "axis" in trainer.inspector.forces() and "axis" in trainer.snapshot().losses
    trainer.set_axes([], np.empty((N, 0), np.float32))
    snapshot = rest(trainer)
    assert "axis" not in trainer.inspector.forces() and "axis" not in snapshot.losses


@pytest.mark.parametrize(
    "steps",
    [3, *(pytest.param(count, marks=pytest.mark.only_slow("one is enough")) for count in (1, 40))],
)
def test_a_state_with_an_axis_continues_to_the_last_bit(trainer: Trainer, steps: int) -> None:
    _, known, _ = half_hidden()
    trainer.set_axes([1], standard(known)[:, None])
    frames = trainer.frames()
    for _ in range(steps):
        next(frames)
    copy = Trainer.from_state(trainer.state(), trainer.dataset, device="cpu")
    one, other = rest(trainer), rest(copy)
    np.testing.assert_array_equal(one.latent_mean, other.latent_mean)
    assert one.step == other.step


def test_restoring_the_state_before_an_axis_returns_its_points(trainer: Trainer) -> None:
    _, known, _ = half_hidden()
    before = trainer.state()
    shown = trainer.snapshot().latent_mean
    trainer.set_axes([1], standard(known)[:, None])
    rest(trainer)
    trainer.restore(before)
    np.testing.assert_array_equal(rest(trainer).latent_mean, shown)
    assert trainer.loop.axes is None


def test_an_axis_of_a_lost_dimension_waits_for_it(trainer: Trainer) -> None:
    factor, known, unknown = half_hidden()
    trainer.set_axes([2], standard(known)[:, None])
    rest(trainer)
    trainer.configure(trainer.config.replace(latent_dim=2))
    rest(trainer)
    assert trainer.loop.axes is None
    trainer.configure(trainer.config.replace(latent_dim=3))
    shown = rest(trainer).latent_mean
    assert spearmanr(shown[unknown, 2], factor[unknown]).statistic > 0.7


@pytest.mark.parametrize("latent_dim", [2, pytest.param(3, marks=pytest.mark.only_slow)])
def test_the_encoder_of_the_paper_preset_learns_an_axis(latent_dim: int) -> None:
    data, truth, factor = groups_with_a_factor()
    few = {"pretraining_epochs": 20, "batch_size": 32, "least_steps": 1}
    config = preset("paper", latent_dim).replace(**few)
    trainer = Trainer(data, config, n_classes=3, device="cpu")
    trainer.set_labels(labels_of(truth, np.arange(0, N, 10)))
    rest(trainer)
    _, known, unknown = half_hidden()
    trainer.set_axes([1], standard(known)[:, None])
    snapshot = rest(trainer)
    assert spearmanr(snapshot.latent_mean[unknown, 1], factor[unknown]).statistic > 0.7
    assert snapshot.losses["axis"] > 0
    assert "axis" in trainer.inspector.forces()


@pytest.mark.parametrize(
    ("dimensions", "values", "why"),
    [
        ([0, 0], np.zeros((N, 2)), "ascending"),
        ([3], np.zeros((N, 1)), "ascending"),
        ([0], np.zeros((N, 2)), "shape"),
        ([0], np.full((N, 1), np.inf), "finite"),
        ([0], np.zeros((N, 1)), "not all equal"),
        ([0], np.where(np.arange(N)[:, None] < 3, np.arange(N)[:, None], np.nan), "at least"),
    ],
)
def test_axes_that_cannot_be_used_are_refused(
    still: Trainer, dimensions: list[int], values: np.ndarray, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        still.set_axes(dimensions, values.astype(np.float32))
    assert still.loop.axes is None


def test_rank_correlation_is_spearmans_with_ties() -> None:
    random = np.random.default_rng(0)
    one, other = random.integers(0, 6, 80), random.normal(size=80)
    assert rank_correlation(one, other + one) == pytest.approx(spearmanr(one, other + one)[0])
    assert rank_correlation(np.ones(5), other[:5]) == 0
