"""Training with the preset `paper`. A turn is one unit of work of the trainer."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from map_quality import nearest_neighbour_accuracy, within_between_ratio

from lodespace.models import Dataset, Snapshot, Trainer, preset
from lodespace.models.config import TrainingConfig
from samples.trainings import Digits

TRUTH = np.repeat(np.arange(3), 30).astype(np.int16)


def quick(latent_dim: int = 2) -> TrainingConfig:
    return preset("paper", latent_dim).replace(
        batch_size=32, pretraining_epochs=4, kl_warmup_epochs=2.0, least_steps=1
    )


def train(trainer: Trainer, until: Callable[[Snapshot], bool], limit: int = 3000) -> Snapshot:
    for _, snapshot in zip(range(limit), trainer.frames(), strict=False):
        if until(snapshot):
            return snapshot
    raise AssertionError(f"not reached in {limit} turns")


def rest(trainer: Trainer) -> Snapshot:
    return train(trainer, lambda snapshot: snapshot.resting)


@pytest.fixture
def trainer(few_images: Dataset) -> Trainer:
    return Trainer(few_images, quick(), n_classes=3, device="cpu")


def test_it_pretrains_then_rests(trainer: Trainer) -> None:
    snapshots = []
    for snapshot in trainer.frames():
        snapshots.append(snapshot)
        if snapshot.resting:
            break
    phases = [s.phase for s in snapshots]
    assert phases == sorted(phases, key=["pretraining", "interactive", "resting"].index)
    assert snapshots[0].phase == "pretraining"
    assert [s.progress for s in snapshots] == sorted(s.progress for s in snapshots)
    last = snapshots[-1]
    assert (last.progress, last.epoch) == (1.0, 4.0)
    assert last.latent_mean.shape == (90, 2)
    assert last.latent_mean.dtype == np.float32
    assert np.isfinite(last.latent_mean).all()
    assert (last.prediction == -1).all()  # there are no labels yet
    assert last.losses.keys() == {"reconstruction", "kl", "total"}


def test_a_frame_is_counted_when_and_only_when_the_means_changed(trainer: Trainer) -> None:
    before = next(trainer.frames())
    for snapshot in trainer.frames():
        changed = not np.array_equal(snapshot.latent_mean, before.latent_mean)
        assert snapshot.frame - before.frame == int(changed)
        before = snapshot
        if snapshot.resting:
            break
    assert before.frame > 5


def test_at_rest_the_encoders_output_is_shown(trainer: Trainer) -> None:
    """The encoder's output is shown, up to the rigid motion that keeps the cloud in place."""
    shown = rest(trainer).latent_mean
    encoded = trainer.loop.latent_mean.cpu().numpy()

    def distances(points: np.ndarray) -> np.ndarray:
        return np.linalg.norm(points[:, None] - points, axis=2)

    np.testing.assert_allclose(distances(shown), distances(encoded), atol=0.02)


@pytest.mark.slow
def test_labels_pull_their_classes_together(trainer: Trainer) -> None:
    before = rest(trainer)
    trainer.set_labels(TRUTH)
    first = next(trainer.frames())
    assert first.phase == "interactive"
    after = rest(trainer)
    assert within_between_ratio(after.latent_mean, TRUTH) < 0.8 * within_between_ratio(
        before.latent_mean, TRUTH
    )
    assert (after.prediction == TRUTH).mean() > 0.95
    assert after.confidence.min() > 0
    assert "classification" in after.losses and "anchor" not in after.losses


@pytest.mark.slow
def test_removed_labels_leave_no_classification_loss(trainer: Trainer) -> None:
    trainer.set_labels(TRUTH)
    rest(trainer)
    trainer.set_labels(np.full(90, -1, np.int16))
    after = rest(trainer)
    assert (after.prediction == -1).all()
    assert "classification" not in after.losses


def test_same_seed_same_bytes(few_images: Dataset, tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        trainer = Trainer(few_images, quick(), n_classes=3, seed=4, device="cpu")
        for turn, _ in zip(range(60), trainer.frames(), strict=False):
            if turn == 20:
                trainer.set_labels(TRUTH)
        path = trainer.save(tmp_path / name)
        written.append((path.read_bytes(), path.with_suffix(".json").read_bytes()))
    assert written[0] == written[1]


@pytest.mark.parametrize(
    "stop_at",
    [
        pytest.param(3, marks=pytest.mark.only_slow),
        25,
        pytest.param(45, marks=pytest.mark.only_slow),
    ],
)
@pytest.mark.slow
def test_training_continues_from_a_checkpoint_to_the_bit(
    stop_at: int, few_images: Dataset, tmp_path: Path
) -> None:
    trainer = Trainer(few_images, quick(), n_classes=3, device="cpu")
    for turn, _ in zip(range(stop_at), trainer.frames(), strict=False):
        if turn == 20:
            trainer.set_labels(TRUTH)
    trainer.save(tmp_path)
    again = Trainer.load(tmp_path, few_images, device="cpu")
    for mine, theirs, _ in zip(again.frames(), trainer.frames(), range(60), strict=False):
        np.testing.assert_array_equal(mine.latent_mean, theirs.latent_mean)
        assert mine.losses == theirs.losses
        assert (mine.phase, mine.step, mine.frame, mine.resting) == (
            theirs.phase,
            theirs.step,
            theirs.frame,
            theirs.resting,
        )


@pytest.mark.slow
def test_a_class_can_be_added_while_it_trains(trainer: Trainer) -> None:
    trainer.set_labels(TRUTH)
    train(trainer, lambda s: s.step > 40)
    trainer.set_class_count(4)
    relabelled = np.where(np.arange(90) < 15, 3, TRUTH).astype(np.int16)
    trainer.set_labels(relabelled)
    assert set(np.unique(rest(trainer).prediction)) <= {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("start", "end"), [(2, 3), pytest.param(3, 2, marks=pytest.mark.only_slow)]
)
@pytest.mark.slow
def test_the_latent_dimension_can_change_while_it_trains(
    start: int, end: int, few_images: Dataset
) -> None:
    trainer = Trainer(few_images, quick(start), n_classes=3, device="cpu")
    trainer.set_labels(TRUTH)
    train(trainer, lambda s: s.step > 30)
    trainer.configure(trainer.config.replace(latent_dim=end))
    after = rest(trainer)
    assert after.latent_mean.shape == (90, end)
    assert after.kl_per_dimension.shape == (end,)
    assert np.isfinite(after.latent_mean).all()


def test_vectors_train_too(few_images: Dataset) -> None:
    vectors = Dataset.from_vectors(few_images.inputs.flatten(1)[:, ::8].numpy())
    trainer = Trainer(vectors, quick(3), n_classes=3, device="cpu")
    trainer.set_labels(TRUTH)
    assert (rest(trainer).prediction == TRUTH).mean() > 0.9


def test_large_data_sets_are_encoded_in_windows_that_reach_everything(
    few_images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step of the loop encodes 40 of 90 items, among them the labelled items.

    A few steps encode all items.
    """
    from lodespace.models.training import paper_loop

    trainer = Trainer(few_images, quick(), n_classes=3, device="cpu")
    rest(trainer)
    monkeypatch.setattr(paper_loop, "ENCODED_PER_TURN", 40)
    labels = np.full(90, -1, np.int16)
    labels[[0, 89]] = [0, 2]
    trainer.set_labels(labels)
    before = trainer.loop.latent_mean.clone()
    moved = np.zeros(90, bool)
    frames = trainer.frames()
    while not moved.any():
        next(frames)
        moved |= (trainer.loop.latent_mean != before).any(dim=1).numpy()
    assert moved[[0, 89]].all()
    assert not moved.all()
    for _ in range(6):
        next(frames)
        moved |= (trainer.loop.latent_mean != before).any(dim=1).numpy()
    assert moved.all()


@pytest.mark.slow
@pytest.mark.only_slow("the other tests use small data")
def test_on_the_digits_labels_make_the_map(digits: Digits) -> None:
    data, truth = digits.all, digits.truth
    trainer = Trainer(data, preset("paper", 3), device="cpu")
    before = rest(trainer)
    # 0.75 to 0.77
    assert nearest_neighbour_accuracy(before.latent_mean, truth) > 0.65
    some = np.where(np.arange(len(truth)) < len(truth) // 5, truth, -1).astype(np.int16)
    trainer.set_labels(some)
    after = rest(trainer)
    # 0.92
    assert nearest_neighbour_accuracy(after.latent_mean, truth) > 0.85
    # 0.90
    assert (after.prediction == truth).mean() > 0.8
