"""The trainer with the default preset: training, labels, checkpoints, and reproducibility."""

from pathlib import Path

import numpy as np
import pytest
from map_quality import nearest_neighbour_accuracy, within_between_ratio

from lodespace.models import Dataset, Trainer, preset
from samples.trainings import N, labels_of, quick, rest, small


@pytest.mark.parametrize("latent_dim", [2, 3])
def test_the_first_training_comes_to_rest_with_neighbours_together(latent_dim: int) -> None:
    data, truth = small()
    snapshot = rest(Trainer(data, quick(latent_dim=latent_dim), n_classes=4, device="cpu"))
    assert (
        snapshot.latent_mean.shape == (N, latent_dim) and snapshot.latent_mean.dtype == np.float32
    )
    assert nearest_neighbour_accuracy(snapshot.latent_mean, truth) > 0.8
    assert snapshot.progress == 1 and snapshot.epoch >= 2 and (snapshot.prediction == -1).all()
    assert {
        "reconstruction",
        "kl",
        "neighbour",
        "anchor",
        "encoder",
        "total",
    } <= snapshot.losses.keys()
    assert snapshot.kl_per_dimension.shape == (latent_dim,)


def test_labels_pull_a_class_together_and_are_learned() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    before = rest(trainer)
    given = np.random.default_rng(0).permutation(N)[: N // 2]
    trainer.set_labels(labels_of(truth, given))
    after = rest(trainer)
    held_back = np.setdiff1d(np.arange(N), given)
    assert within_between_ratio(after.latent_mean, truth) < 0.9 * within_between_ratio(
        before.latent_mean, truth
    )
    assert (after.prediction[held_back] == truth[held_back]).mean() > 0.9
    assert after.confidence.min() >= 0 and after.confidence.max() <= 1


def test_a_label_shows_in_the_next_frames() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    resting = rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(40)))
    frames = trainer.frames()
    soon = [next(frames) for _ in range(3)]
    assert soon[0].phase == "interactive" and not soon[0].resting
    assert soon[-1].frame > resting.frame
    assert not np.array_equal(soon[-1].latent_mean, resting.latent_mean)


def test_same_seed_same_bytes_and_another_seed_others() -> None:
    data, truth = small()

    def run(seed: int) -> bytes:
        trainer = Trainer(data, quick(), n_classes=4, seed=seed, device="cpu")
        frames = trainer.frames()
        for _ in range(70):
            next(frames)
        trainer.set_labels(labels_of(truth, np.arange(30)))
        snapshots = [next(frames) for _ in range(60)]
        return b"".join(s.latent_mean.tobytes() + s.prediction.tobytes() for s in snapshots)

    assert run(1) == run(1)
    assert run(1) != run(2)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(3, marks=pytest.mark.only_slow),
        40,
        pytest.param(66, marks=pytest.mark.only_slow),
        75,
        pytest.param(90, marks=pytest.mark.only_slow),
        140,
    ],
)
def test_a_resumed_training_continues_to_the_bit(turns: int, tmp_path: Path) -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, seed=3, device="cpu")
    frames = trainer.frames()
    for turn in range(turns):
        if turn == 72:
            trainer.set_labels(labels_of(truth, np.arange(0, N, 3)))
        next(frames)
    trainer.save(tmp_path)
    again = Trainer.load(tmp_path, data, device="cpu")
    other = again.frames()
    for _ in range(80):
        a, b = next(frames), next(other)
        assert a.latent_mean.tobytes() == b.latent_mean.tobytes()
        assert a.prediction.tobytes() == b.prediction.tobytes()
        assert (a.frame, a.step, a.phase, a.losses) == (b.frame, b.step, b.phase, b.losses)


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    data, _ = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    next(trainer.frames())
    trainer.save(tmp_path)
    with pytest.raises(ValueError, match="items"):
        Trainer.load(tmp_path, small(100)[0], device="cpu")
    with pytest.raises(ValueError, match="no usable checkpoint"):
        Trainer.load(tmp_path / "elsewhere", data, device="cpu")


def test_classes_are_added_while_training() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=2, device="cpu")
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.flatnonzero(truth < 2)))
    rest(trainer)
    with pytest.raises(ValueError, match="add the class first"):
        trainer.set_labels(truth.astype(np.int16))
    trainer.set_class_count(4)
    trainer.set_labels(labels_of(truth, np.arange(0, N, 3)))
    snapshot = rest(trainer)
    assert (snapshot.prediction == truth).mean() > 0.85
    with pytest.raises(ValueError, match="cannot shrink"):
        trainer.set_class_count(3)


@pytest.mark.parametrize("which", ["none", "one class", "all"])
def test_any_number_of_labels_is_taken(which: str) -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    given = {"none": np.arange(0), "one class": np.flatnonzero(truth == 1), "all": np.arange(N)}[
        which
    ]
    trainer.set_labels(labels_of(truth, given))
    snapshot = rest(trainer)
    assert np.isfinite(snapshot.latent_mean).all()
    trainer.set_labels(np.full(N, -1, np.int16))
    assert np.isfinite(rest(trainer).latent_mean).all()


@pytest.mark.slow
def test_dimensions_change_as_a_motion() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    rest(trainer)
    trainer.configure(trainer.config.replace(latent_dim=2))
    flat = rest(trainer)
    assert flat.latent_mean.shape == (N, 2)
    assert nearest_neighbour_accuracy(flat.latent_mean, truth) > 0.75
    trainer.configure(trainer.config.replace(latent_dim=3))
    deep = rest(trainer)
    assert deep.latent_mean.shape == (N, 3)
    assert deep.latent_mean.std(axis=0).min() > 0.3


def test_presets_change_with_the_labels_kept() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    trainer.set_labels(labels_of(truth, np.arange(100)))
    frames = trainer.frames()
    for _ in range(20):
        next(frames)
    trainer.configure(preset("paper").replace(pretraining_epochs=1, least_steps=1))
    snapshot = rest(trainer)
    assert (trainer.loop.state.labels.classes[:100].numpy() == truth[:100]).all()
    assert np.isfinite(snapshot.latent_mean).all() and "neighbour" not in snapshot.losses


def test_a_pinned_item_moves_to_its_pin_and_is_released() -> None:
    data, _ = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    before = rest(trainer).latent_mean[5]
    target = before + np.float32(1.5)  # in shown coordinates
    trainer.set_anchors(np.array([5]), target[None])
    assert np.linalg.norm(rest(trainer).latent_mean[5] - target) < 0.4 * np.linalg.norm(
        before - target
    )
    trainer.set_anchors(np.empty(0, np.int64), np.empty((0, 3), np.float32))
    assert not bool(trainer.loop.map.particles.stiffness.any())  # pyright: ignore


def test_a_pin_set_before_the_first_map_holds_and_is_saved(tmp_path: Path) -> None:
    data, _ = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    trainer.set_anchors(np.array([3]), np.full((1, 3), 4, np.float32))
    frames = trainer.frames()
    next(frames)
    trainer.save(tmp_path)
    for _ in range(240):
        next(frames)
    assert np.linalg.norm(trainer.snapshot().latent_mean[3]) > 4
    again = Trainer.load(tmp_path, data, device="cpu")
    others = again.frames()
    for _ in range(240):
        next(others)
    assert again.snapshot().latent_mean.tobytes() == trainer.snapshot().latent_mean.tobytes()


def test_invalid_commands_are_refused() -> None:
    data, truth = small(60)
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    with pytest.raises(ValueError, match="items are 0 to 59"):
        trainer.set_priority(np.array([60]))
    with pytest.raises(ValueError, match="items are 0 to 59"):
        trainer.set_anchors(np.array([-1]), np.zeros((1, 3), np.float32))
    with pytest.raises(ValueError, match="targets"):
        trainer.set_anchors(np.array([1]), np.zeros((1, 2), np.float32))
    with pytest.raises(ValueError, match="weights"):
        trainer.set_labels(truth.astype(np.int16), np.full(60, np.nan, np.float32))


@pytest.mark.parametrize("shape", [(1, 6), (2, 6), (3, 1), (40, 1), (40, 2)])
def test_few_items_and_few_features_are_laid_out_in_space(shape: tuple[int, int]) -> None:
    vectors = np.random.default_rng(0).normal(size=shape)
    trainer = Trainer(Dataset.from_vectors(vectors), quick(), n_classes=2, device="cpu")
    frames = trainer.frames()
    next(frames)
    trainer.set_labels((np.arange(shape[0]) % 2).astype(np.int16))
    snapshot = rest(trainer)
    assert snapshot.latent_mean.shape == (shape[0], 3) and np.isfinite(snapshot.latent_mean).all()
    if shape[0] > 10:
        assert snapshot.latent_mean.std(axis=0).min() > 0.2  # the cloud fills the space


def test_identical_items_are_separated() -> None:
    trainer = Trainer(Dataset.from_vectors(np.ones((50, 4))), quick(), n_classes=2, device="cpu")
    assert rest(trainer).latent_mean.std(axis=0).min() > 0.2


def test_frames_end_after_the_asked_epochs() -> None:
    data, _ = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    *_, last = trainer.frames(epochs=3)
    assert last.resting and 3 <= last.epoch < 5
