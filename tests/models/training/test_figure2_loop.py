"""The schedule of the preset `figure2`: epochs without labels, then epochs with all labels."""

from pathlib import Path

import numpy as np
import pytest
import torch
from map_quality import within_between_ratio

from lodespace.models import Dataset, ModelConfig, Snapshot, Trainer, preset
from lodespace.models.config import BURGESS, TrainingConfig
from lodespace.models.training.figure2_loop import Figure2Loop

pytestmark = pytest.mark.slow

TRUTH = np.repeat(np.arange(3), 30).astype(np.int16)
BATCHES = 3
"""Number of batches in one epoch of 90 items."""


def quick(**changes: object) -> TrainingConfig:
    small = ModelConfig(channels=(4, 8), hidden=16)
    given = {"pretraining_epochs": 3, "labelled_epochs": 2, "batch_size": 32, "model": small}
    return preset("figure2").replace(**{**given, **changes})


@pytest.fixture
def trainer(few_images: Dataset) -> Trainer:
    return Trainer(few_images, quick(), n_classes=3, device="cpu")


def rest(trainer: Trainer) -> list[Snapshot]:
    snapshots: list[Snapshot] = []
    for snapshot in trainer.frames():
        snapshots.append(snapshot)
        if snapshot.resting:
            return snapshots
    raise AssertionError


def test_figure2_has_the_numbers_of_the_paper() -> None:
    config = preset("figure2")
    assert (config.latent_dim, config.learning_rate, config.hidden_layers) == (2, 5e-3, 0)
    assert config.interactive_learning_rate == 5e-3
    weights = config.weights
    assert (weights.beta_kl, weights.beta_classifier) == (3, 100)
    assert (weights.beta_neighbour, weights.beta_anchor, weights.beta_encoder) == (0, 0, 0)
    assert (config.pretraining_epochs, config.labelled_epochs) == (50, 50)
    assert (config.kl_warmup_epochs, config.kl_capacity) == (0, None)
    assert (config.model, config.head_input) == (BURGESS, "sample")
    assert preset("figure2", 3).latent_dim == 3
    assert (preset("paper").latent_dim, preset("default").latent_dim) == (3, 3)


def test_labels_given_at_the_start_wait_for_the_end_of_pretraining(trainer: Trainer) -> None:
    trainer.set_labels(TRUTH)
    head = [p.clone() for p in trainer.loop.vae_training.vae.head.parameters()]
    snapshots = rest(trainer)
    first = [s for s in snapshots if s.epoch <= 3]
    assert all("classification" not in s.losses for s in first)
    assert all((s.prediction == -1).all() for s in first[:-1])
    assert [s.progress for s in snapshots] == sorted(s.progress for s in snapshots)
    last = snapshots[-1]
    assert (last.progress, last.epoch) == (1.0, 5.0)
    assert "classification" in last.losses and (last.prediction >= 0).all()
    now = list(trainer.loop.vae_training.vae.head.parameters())
    assert not any(torch.equal(a, b) for a, b in zip(head, now, strict=True))


def test_pretraining_does_not_depend_on_labels(few_images: Dataset) -> None:
    means = []
    for labels in (TRUTH, None):
        trainer = Trainer(few_images, quick(), n_classes=3, device="cpu")
        if labels is not None:
            trainer.set_labels(labels)
        for snapshot in trainer.frames():
            if snapshot.epoch == 3:
                means.append(trainer.loop.vae_training.encode_all())
                break
    assert torch.equal(*means)


def test_a_bake_has_the_epochs_of_the_configuration(trainer: Trainer) -> None:
    trainer.set_labels(TRUTH)
    *_, last = trainer.frames(epochs=1)
    assert last.epoch == 5


def test_further_epochs_continue_with_the_current_labels(trainer: Trainer) -> None:
    trainer.set_labels(TRUTH)
    rest(trainer)
    assert isinstance(trainer.loop, Figure2Loop)
    trainer.loop.plan_epochs(3)
    assert rest(trainer)[-1].epoch == 8


def test_each_change_of_labels_trains_all_epochs_without_held_out_labels(trainer: Trainer) -> None:
    assert rest(trainer)[-1].epoch == 3
    trainer.set_labels(TRUTH)
    after = rest(trainer)[-1]
    assert after.epoch == 5
    assert "held_out" not in after.metrics
    trainer.set_labels(np.full(90, -1, np.int16))
    none = rest(trainer)[-1]
    assert none.epoch == 7
    assert "classification" not in none.losses and (none.prediction == -1).all()


def test_labels_pull_their_classes_together(few_images: Dataset) -> None:
    changes = {"pretraining_epochs": 10, "labelled_epochs": 10}
    trainer = Trainer(few_images, quick(**changes), n_classes=3, device="cpu")
    before = rest(trainer)[-1].latent_mean
    trainer.set_labels(TRUTH)
    after = rest(trainer)[-1].latent_mean
    assert within_between_ratio(after, TRUTH) < 0.8 * within_between_ratio(before, TRUTH)


def test_the_head_makes_no_optimiser_step_before_labels(trainer: Trainer) -> None:
    rest(trainer)
    training = trainer.loop.vae_training
    assert all(not training.optimiser.state[p] for p in training.vae.head.parameters())


@pytest.mark.parametrize("stop_at", [4, 11])
def test_training_continues_from_a_checkpoint_to_the_bit(
    stop_at: int, few_images: Dataset, tmp_path: Path
) -> None:
    trainer = Trainer(few_images, quick(), n_classes=3, device="cpu")
    trainer.set_labels(TRUTH)
    for turn, _ in zip(range(stop_at), trainer.frames(), strict=False):
        del turn
    trainer.save(tmp_path)
    loaded = Trainer.load(tmp_path, few_images, device="cpu")
    one, other = rest(trainer)[-1], rest(loaded)[-1]
    assert one.latent_mean.tobytes() == other.latent_mean.tobytes()
    assert (one.epoch, one.progress) == (other.epoch, other.progress)


def test_a_change_to_figure2_starts_from_untrained_networks(few_images: Dataset) -> None:
    paper = preset("paper", 2).replace(pretraining_epochs=1, batch_size=32, least_steps=1)
    trainer = Trainer(few_images, paper, n_classes=3, device="cpu")
    trainer.set_labels(TRUTH)
    for snapshot in trainer.frames():
        if snapshot.epoch > 1:
            break
    trainer.configure(quick())
    first = next(trainer.frames())
    assert (first.phase, first.epoch) == ("pretraining", 1 / BATCHES)
    assert rest(trainer)[-1].epoch == 5
    # `paper` has other layers here, so it starts again too.
    trainer.configure(paper)
    assert trainer.snapshot().epoch == 0
