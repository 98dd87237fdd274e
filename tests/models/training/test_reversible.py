"""Undo and redo in the trainer: the restored state, the training after it, the motion of points."""

import gc
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from lodespace.models import Dataset, Snapshot, Trainer, TrainingConfig, preset
from lodespace.models.checkpoints.checkpoint import latest
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.display.trail import FRAMES, Trail, Way
from samples.trainings import N, labels_of, quick, rest, small

GIVEN = np.arange(0, N, 5)


def paper() -> TrainingConfig:
    return preset("paper").replace(pretraining_epochs=2, batch_size=32, least_steps=1)


def run(trainer: Trainer, turns: int) -> list[Snapshot]:
    frames = trainer.frames()
    return [next(frames) for _ in range(turns)]


def settle(trainer: Trainer) -> Snapshot:
    """Run until the motion back to the restored state is complete."""
    snapshot = trainer.snapshot()
    while snapshot.rewinding:
        snapshot = next(trainer.frames())
    return snapshot


def same(a: Snapshot, b: Snapshot) -> None:
    assert a.latent_mean.tobytes() == b.latent_mean.tobytes()
    assert a.prediction.tobytes() == b.prediction.tobytes()
    assert (a.step, a.phase, a.losses, a.metrics, a.resting) == (
        b.step,
        b.phase,
        b.losses,
        b.metrics,
        b.resting,
    )


def label(trainer: Trainer, truth: np.ndarray) -> None:
    trainer.set_labels(labels_of(truth, GIVEN))


def change_weights(trainer: Trainer, truth: np.ndarray) -> None:
    del truth
    trainer.configure(trainer.config.replace(beta_kl=50.0, stiffness=0.9, learning_rate=1e-2))


def deepen_head(trainer: Trainer, truth: np.ndarray) -> None:
    del truth
    trainer.configure(trainer.config.replace(hidden_layers=2))


def flatten(trainer: Trainer, truth: np.ndarray) -> None:
    del truth
    trainer.configure(trainer.config.replace(latent_dim=2))


def other_loop(trainer: Trainer, truth: np.ndarray) -> None:
    del truth
    default = trainer.config.preset == "default"
    trainer.configure(paper() if default else quick())


def pin(trainer: Trainer, truth: np.ndarray) -> None:
    del truth
    trainer.set_anchors(np.array([3, 4]), np.full((2, trainer.config.latent_dim), 2, np.float32))


def drag(trainer: Trainer, truth: np.ndarray) -> None:
    del truth
    trainer.drag(np.array([7]), np.full((1, trainer.config.latent_dim), -2, np.float32))


class Course(NamedTuple):
    """A training without a gesture."""

    snapshots: list[Snapshot]
    """Snapshots after `turns` turns (`without_gesture`), and after each of the next 60 turns.

    The trainings that are compared with this one get a gesture after `turns` turns.
    """
    tensors: dict[str, torch.Tensor]
    """The state of the training after these turns."""


@cache
def without_gesture(config: Callable[[], TrainingConfig], turns: int) -> Course:
    """Train for `turns` turns and 60 more. Each course is computed once for all gestures."""
    trainer = Trainer(small()[0], config(), n_classes=4, seed=3, device="cpu")
    run(trainer, turns)
    snapshots = [trainer.snapshot(), *run(trainer, 60)]
    return Course(snapshots, trainer.state().tensors)


GESTURES = [label, change_weights, deepen_head, flatten, other_loop, pin, drag]


@pytest.mark.parametrize("gesture", GESTURES)
@pytest.mark.parametrize(
    ("config", "turns"),
    [
        pytest.param(quick, 1, marks=pytest.mark.only_slow),
        (quick, 66),
        pytest.param(quick, 140, marks=pytest.mark.only_slow),
        (paper, 30),
    ],
)
@pytest.mark.slow
def test_undo_has_the_state_of_a_training_without_the_gesture(
    gesture: Callable[[Trainer, np.ndarray], None], config: Callable[[], TrainingConfig], turns: int
) -> None:
    """Undo restores the state at every stage of training.

    The stages: while the first graph is built, while features are learned, in a half-built graph,
    and while points move.
    """
    data, truth = small()
    trainer = Trainer(data, config(), n_classes=4, seed=3, device="cpu")
    run(trainer, turns)
    before = trainer.state()
    gesture(trainer, truth)
    run(trainer, 45)
    trainer.restore(before)
    settle(trainer)
    expected = without_gesture(config, turns)
    assert trainer.config == config()
    for a, b in zip([trainer.snapshot(), *run(trainer, 60)], expected.snapshots, strict=True):
        same(a, b)
    found = trainer.state().tensors
    assert found.keys() == expected.tensors.keys()
    assert all(torch.equal(found[name], expected.tensors[name]) for name in found)


def test_a_gesture_within_gestures_is_undone_to_the_bit() -> None:
    data, truth = small()
    trainer, other = (Trainer(data, quick(), n_classes=4, device="cpu") for _ in range(2))
    for one in (trainer, other):
        rest(one)
        one.set_labels(labels_of(truth, np.arange(60)))
        run(one, 13)
    moment = trainer.state()
    trainer.set_class_count(6)
    trainer.set_labels(labels_of(truth, np.arange(120)))
    run(trainer, 20)
    trainer.restore(moment)
    settle(trainer)
    for a, b in zip(run(trainer, 120), run(other, 120), strict=True):
        same(a, b)


def test_redo_restores_the_state_before_the_undo() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    rest(trainer)
    before = trainer.state()
    label(trainer, truth)
    after = rest(trainer)
    with_labels = trainer.state()
    trainer.restore(before)
    settle(trainer)
    trainer.restore(with_labels)
    same(settle(trainer), after)


def test_the_motion_is_played_backward_to_the_exact_frame() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    start = rest(trainer)
    before = trainer.state()
    label(trainer, truth)
    end = rest(trainer)
    trainer.restore(before)
    way = [trainer.snapshot().latent_mean]
    steps = []
    while trainer.snapshot().rewinding:
        snapshot = next(trainer.frames())
        steps.append(snapshot.step)
        way.append(snapshot.latent_mean)
    assert 10 < len(way) <= FRAMES + 1
    assert len(set(steps)) == 1, "training went on during the motion"
    far = [float(np.abs(one - start.latent_mean).mean()) for one in way]
    assert far[0] > 0.6 * float(np.abs(end.latent_mean - start.latent_mean).mean())
    assert far[-1] == 0
    leaps = [float(np.abs(b - a).mean()) for a, b in pairwise(way)]
    assert max(leaps) < 0.25 * far[0], "the points jumped instead of moving"


def test_a_second_undo_starts_from_the_frame_of_the_first() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    rest(trainer)
    first = trainer.state()
    trainer.set_labels(labels_of(truth, np.arange(40)))
    run(trainer, 60)
    second = trainer.state()
    trainer.set_labels(labels_of(truth, np.arange(90)))
    run(trainer, 60)
    trainer.restore(second)
    seen = run(trainer, 5)[-1].latent_mean
    moment = trainer.state()
    assert torch.equal(moment.tensors["latent_mean"], second.tensors["latent_mean"]), (
        "the state has the frame on the way and not the restored positions"
    )
    trainer.restore(first)
    spread = seen.std()
    assert np.abs(trainer.snapshot().latent_mean - seen).max() < 0.35 * spread
    assert settle(trainer).latent_mean.tobytes() == first.tensors["latent_mean"].numpy().tobytes()


def test_a_state_is_written_and_read(tmp_path: Path) -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    run(trainer, 68)
    trainer.state_id = 12
    trainer.state().write_snapshot(tmp_path, number=5, keep=2, most_bytes=1 << 30)
    there = run(trainer, 40)
    found = latest(tmp_path)
    assert found is not None and found.path.stem == "005"
    moment = TrainingState.from_checkpoint(found)
    assert moment.state_id == 12
    again = Trainer.from_state(moment, data, device="cpu")
    for a, b in zip(there, run(again, 40), strict=True):
        same(a, b)
    label(again, truth)
    run(again, 10)
    again.restore(moment)
    settle(again)
    same(run(again, 40)[-1], there[-1])


def frames_of(way: Way) -> list[torch.Tensor]:
    frames = []
    while len(way):
        frames.append(way.frame)
        way.step()
    return frames


def test_a_way_without_frames_is_straight_and_smooth() -> None:
    a, b = torch.zeros(4, 3), torch.ones(4, 3)
    trail = Trail()
    trail.add(10, a)
    trail.add(11, b)
    way = frames_of(trail.back_to(2, a))
    assert len(way) == FRAMES - 1 and torch.equal(way[-1], a)
    leaps = [float((y - x).abs().max()) for x, y in zip([b, *way[:-1]], way, strict=True)]
    assert max(leaps) < 3 / FRAMES and leaps[0] < 0.3 * max(leaps)
    assert [float(one[0, 0]) for one in frames_of(trail.back_to(10, a))] == [0.0]
    (only,) = frames_of(trail.back_to(10, torch.zeros(4, 2)))
    assert torch.equal(only, torch.zeros(4, 2)), (
        "the points did not jump although the dimension differs"
    )


def test_the_way_back_holds_no_frames_of_its_own() -> None:
    """With a frame per step, an undo of a million items would need 720 MB."""
    trail = Trail()
    given = [torch.full((500, 3), float(k)) for k in range(4)]
    for k in (1, 2, 3):
        trail.add(k, given[k])
    gc.collect()
    before = {id(one) for one in gc.get_objects() if type(one) is torch.Tensor}
    way = trail.back_to(0, given[0])
    frames = [
        one
        for one in gc.get_objects()
        if type(one) is torch.Tensor and id(one) not in before and one.shape == (500, 3)
    ]
    assert len(way) > 1 and len(frames) <= 1


def test_pins_of_another_dimension_are_forgotten_before_the_next_drag() -> None:
    data, _ = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    run(trainer, 70)
    trainer.set_anchors(np.array([3]), np.full((1, 3), 2, np.float32))
    trainer.configure(trainer.config.replace(latent_dim=2))
    trainer.drag(np.array([7]), np.full((1, 2), 1, np.float32))
    run(trainer, 5)
    assert trainer.loop.map.pinned.tolist() == [7]  # type: ignore[attr-defined]


def test_a_state_of_other_data_is_refused_and_nothing_changes() -> None:
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, device="cpu")
    label(trainer, truth)
    now = run(trainer, 30)[-1]
    other = Trainer(small(100)[0], quick(), n_classes=4, device="cpu")
    run(other, 3)
    with pytest.raises(ValueError, match="100 items"):
        trainer.restore(other.state())
    same(trainer.snapshot(), now)


def pictures(n: int = 96) -> tuple[Dataset, np.ndarray]:
    """Pictures of 32 x 32 with a bright stripe, whose place is the class of the picture."""
    truth = np.arange(n) % 4
    drawn = np.random.default_rng(3).integers(0, 60, (n, 32, 32), dtype=np.uint8)
    for picture, place in zip(drawn, truth.tolist(), strict=True):
        picture[8 * place : 8 * place + 4, 4:28] = 255
    return Dataset.from_images(drawn), truth


def hasty() -> TrainingConfig:
    return quick(rounds_per_gesture=1, classifier_steps_per_gesture=3).replace(
        encoder_epochs=1, feature_steps=3, layout_rounds=10
    )


@pytest.mark.slow
def test_each_turn_of_a_sweep_can_be_saved_and_continued() -> None:
    """For pictures, a sweep computes label-free features, and predictions of three classifiers."""
    data, truth = pictures()
    trainer = Trainer(data, hasty(), n_classes=4)
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(0, 96, 7)))
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(0, 96, 5)))
    states = []
    while trainer.loop.learning.at_work:
        states.append(trainer.state())
        run(trainer, 1)
    last = rest(trainer)
    within = [state for state in states if "sweep_units" in state.tensors]
    assert len(within) >= 3
    for state in (within[0], within[len(within) // 2], within[-1]):
        found = rest(Trainer.from_state(state, data))
        same(found, last)
        assert np.array_equal(found.predictions.doubt, last.predictions.doubt)


@pytest.mark.slow
def test_a_state_of_an_older_version_continues_with_all_voices() -> None:
    data, truth = pictures()
    trainer = Trainer(data, hasty(), n_classes=4)
    rest(trainer)
    trainer.set_labels(labels_of(truth, np.arange(0, 96, 7)))
    rest(trainer)
    state = trainer.state()
    newer = ("learned_", "voiced_", "wrong_share", "doubt_shift", "evidence", "sweep_units")
    newer = (*newer, "sweep_spread", "reviewed", "corrected")
    tensors = {name: value for name, value in state.tensors.items() if not name.startswith(newer)}
    again = Trainer.from_state(state._replace(tensors=tensors), data)
    again.set_labels(labels_of(truth, np.arange(0, 96, 5)))
    assert np.array_equal(again.loop.graph.features, trainer.loop.graph.features)
    assert (rest(again).prediction == truth).mean() > 0.95
