"""A training that continues with more items: the places of the new items, and earlier states."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lodespace.models import Dataset, Trainer, TrainingConfig, preset
from lodespace.models.classification import class_probabilities
from lodespace.models.training.grown_state import Placement
from lodespace.models.training.growth import fitted, grown
from lodespace.models.training.newest_checkpoint import load_trainer
from samples.trainings import quick, rest

pytestmark = pytest.mark.slow

FIRST = 75
"""Number of items before the growth."""


def paper() -> TrainingConfig:
    return preset("paper").replace(pretraining_epochs=2, batch_size=32, least_steps=1)


@pytest.fixture
def pictures(few_images: Dataset) -> tuple[Dataset, np.ndarray]:
    """Pictures of three kinds in random order, and the kind of each."""
    order = torch.from_numpy(np.random.default_rng(1).permutation(90))
    return few_images.subset(order), (order.numpy() // 30).astype(np.int16)


def labels_of(kinds: np.ndarray, count: int) -> np.ndarray:
    """Labels of 30 items, for `count` items."""
    labels = np.full(count, -1, np.int16)
    labels[:30] = kinds[:30]
    return labels


def trained(data: Dataset, kinds: np.ndarray, config: TrainingConfig, labelled: bool) -> Trainer:
    trainer = Trainer(data.subset(slice(FIRST)), config, n_classes=3)
    rest(trainer)
    if labelled:
        trainer.set_labels(labels_of(kinds, FIRST))
        rest(trainer)
    return trainer


@pytest.mark.parametrize("labelled", [pytest.param(False, marks=pytest.mark.only_slow), True])
def test_added_items_lie_among_their_kind_and_others_stay(
    pictures: tuple[Dataset, np.ndarray], labelled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With labels, also as for many items, whose probabilities have 8 bits per class.
    monkeypatch.setattr(class_probabilities, "MANY", FIRST - 1)
    data, kinds = pictures
    trainer = trained(data, kinds, quick(), labelled)
    before = trainer.snapshot()
    larger = grown(trainer, data)
    at_once = larger.snapshot()
    assert at_once.latent_mean.shape == (90, before.latent_mean.shape[1])
    assert np.array_equal(at_once.latent_mean[:FIRST], before.latent_mean)
    if labelled:
        larger.set_labels(labels_of(kinds, 90))
    at_rest = rest(larger)
    spread = before.latent_mean.std(axis=0).mean()
    moved = np.linalg.norm(at_rest.latent_mean[:FIRST] - before.latent_mean, axis=1)
    assert moved.max() < 0.05 * spread
    for snapshot in (at_once, at_rest):
        apart = np.linalg.norm(
            snapshot.latent_mean[FIRST:, None] - snapshot.latent_mean[None, :FIRST], axis=2
        )
        nearest = kinds[apart.argsort(axis=1)[:, :3]]
        assert (nearest == kinds[FIRST:, None]).mean() > 0.8
        if labelled:
            assert (snapshot.prediction[FIRST:] == kinds[FIRST:]).mean() > 0.8


def test_in_paper_the_encoder_places_added_items(pictures: tuple[Dataset, np.ndarray]) -> None:
    data, kinds = pictures
    trainer = trained(data, kinds, paper(), labelled=False)
    before = trainer.snapshot().latent_mean
    larger = grown(trainer, data)
    mean = larger.loop.latent_mean
    assert torch.allclose(mean[FIRST:], larger.loop.vae_training.encode(slice(FIRST, 90)))
    assert np.array_equal(larger.snapshot().latent_mean[:FIRST], before)
    rest(larger)


def test_training_goes_on_with_labels_of_added_items(
    pictures: tuple[Dataset, np.ndarray],
) -> None:
    data, kinds = pictures
    larger = grown(trained(data, kinds, quick(), labelled=False), data)
    labels = np.full(90, -1, np.int16)
    labels[70:] = kinds[70:]
    larger.set_labels(labels)
    found = rest(larger).prediction
    assert (found == kinds).mean() > 0.8


def test_a_checkpoint_of_fewer_items_is_loaded_and_grown(
    pictures: tuple[Dataset, np.ndarray], tmp_path: Path
) -> None:
    data, kinds = pictures
    trainer = trained(data, kinds, quick(), labelled=True)
    trainer.save(tmp_path)
    before = trainer.snapshot()
    larger = load_trainer(tmp_path, data, device="cpu")
    assert len(larger.dataset) == 90
    assert np.array_equal(larger.snapshot().latent_mean[:FIRST], before.latent_mean)
    again = load_trainer(tmp_path, data.subset(slice(FIRST)), device="cpu")
    assert np.array_equal(again.snapshot().latent_mean, before.latent_mean)
    with pytest.raises(ValueError, match="75 items"):
        load_trainer(tmp_path, data.subset(slice(60)), device="cpu")


def test_an_undo_restores_a_state_from_before_the_growth(
    pictures: tuple[Dataset, np.ndarray],
) -> None:
    data, kinds = pictures
    trainer = trained(data, kinds, quick(), labelled=False)
    earlier = trainer.state()
    larger = grown(trainer, data)
    labels = labels_of(kinds, 90)
    larger.set_labels(labels)
    moved = rest(larger).latent_mean
    assert not np.allclose(moved[:FIRST], earlier.tensors["latent_mean"].numpy())
    larger.restore(fitted(larger, earlier))
    back = rest(larger).latent_mean
    assert np.allclose(back[:FIRST], earlier.tensors["latent_mean"].numpy(), atol=1e-5)
    assert fitted(larger, larger.state()).meta["items"] == 90
    with pytest.raises(ValueError, match="75 items"):
        fitted(Trainer(data.subset(slice(60)), quick()), earlier)


def test_growth_during_the_first_layout_ends_like_any_training(
    pictures: tuple[Dataset, np.ndarray], slow: bool
) -> None:
    data, kinds = pictures
    for turns in (1, 5, 60) if slow else (5,):
        trainer = Trainer(data.subset(slice(FIRST)), quick(), n_classes=3)
        if turns > 5:
            trainer.set_labels(labels_of(kinds, FIRST))
        frames = trainer.frames()
        for _ in range(turns):
            next(frames)
        assert rest(grown(trainer, data)).latent_mean.shape[0] == 90


def test_edges_of_added_items_are_those_of_their_nearest_items() -> None:
    features = torch.tensor([[0.0], [1.0], [5.0], [6.0], [0.1], [0.2]])
    placement = Placement.of(features, 4, 2)
    assert placement.nearest[:, 0].tolist() == [0, 0]
    edges = set(zip(placement.edges.head.tolist(), placement.edges.tail.tolist(), strict=True))
    assert edges == {(0, 4), (4, 5), (0, 5)}
    assert placement.n_items == 6


def test_a_data_set_that_does_not_continue_is_refused(few_images: Dataset) -> None:
    trainer = Trainer(few_images, quick())
    with pytest.raises(ValueError, match="must contain the items"):
        grown(trainer, few_images)
