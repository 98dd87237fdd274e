"""Positions of dragged items after the person releases the items without a pin."""

import numpy as np
import pytest

from lodespace.models import Trainer
from lodespace.models.checkpoints.training_state import TrainingState
from samples.trainings import N, labels_of, quick, rest, small

CLUSTER = np.arange(0, N, 4)
"""The items of class 0."""


def at_rest() -> tuple[Trainer, np.ndarray]:
    """A trainer at rest after some labels, and the true classes."""
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, seed=3, device="cpu")
    trainer.set_labels(labels_of(truth, np.arange(1, N, 6)))
    rest(trainer)
    return trainer, truth


def carry(trainer: Trainer, turns: int = 40) -> TrainingState:
    """Drag the cluster away by 3 spreads of the cloud. Return the state before the drag."""
    before = trainer.state()
    start = before.tensors["latent_mean"].numpy()[CLUSTER]
    frames = trainer.frames()
    for share in np.linspace(0, 1, turns):
        trainer.drag(CLUSTER, (start + share * np.array([3.0, 0.0, 0.0])).astype(np.float32))
        next(frames)
    return before


def give_class(trainer: Trainer, truth: np.ndarray) -> np.ndarray:
    """Label the cluster, and return the resting positions (N, D)."""
    given = np.union1d(np.arange(1, N, 6), CLUSTER)
    trainer.set_labels(labels_of(truth, given))
    return rest(trainer).latent_mean


@pytest.mark.slow
def test_a_cluster_labelled_in_the_hand_rests_where_a_touch_puts_it() -> None:
    touched = give_class(*at_rest())
    trainer, truth = at_rest()
    before = carry(trainer)
    carried = trainer.snapshot().latent_mean[CLUSTER].mean(axis=0)
    trainer.return_dragged(before)
    dropped = give_class(trainer, truth)
    way = np.linalg.norm(carried - touched[CLUSTER].mean(axis=0))
    off = np.linalg.norm(dropped[CLUSTER].mean(axis=0) - touched[CLUSTER].mean(axis=0))
    assert way > 1.5, "the cluster was not carried away"
    assert off < 0.3 * way


def test_points_fly_back_along_frames_and_networks_keep_their_training() -> None:
    trainer, _ = at_rest()
    before = carry(trainer)
    hand = trainer.snapshot().latent_mean
    weights = {name: tensor.clone() for name, tensor in trainer.loop.vae_training.tensors().items()}
    trainer.return_dragged(before)
    assert trainer.snapshot().rewinding > 10, "the cluster jumped"
    steps = [np.abs(trainer.snapshot().latent_mean - hand).max()]
    while trainer.snapshot().rewinding:
        steps.append(np.abs(next(trainer.frames()).latent_mean - hand).max())
    home = before.tensors["latent_mean"].numpy()
    assert np.array_equal(trainer.snapshot().latent_mean, home)
    assert max(np.diff(steps)) < 0.2 * steps[-1], "the cluster jumped on its way"
    assert all(
        np.array_equal(tensor, weights[name])
        for name, tensor in trainer.loop.vae_training.tensors().items()
    )
    assert np.abs(rest(trainer).latent_mean - home).max() < 0.3, "the cluster did not stay"


def test_an_undo_after_the_return_does_not_repeat_the_carry() -> None:
    trainer, truth = at_rest()
    before = carry(trainer)
    trainer.return_dragged(before)
    moment = trainer.state()
    give_class(trainer, truth)
    trainer.restore(moment)
    home = before.tensors["latent_mean"].numpy()[CLUSTER].mean(axis=0)
    far = 0.0
    while trainer.snapshot().rewinding:
        shown = next(trainer.frames()).latent_mean[CLUSTER].mean(axis=0)
        far = max(far, float(np.linalg.norm(shown - home)))
    assert far < 1.0, "the undo carried the cluster to the hand again"


@pytest.mark.slow
def test_a_return_during_a_motion_lets_the_motion_end() -> None:
    trainer, _ = at_rest()
    trainer.set_anchors(np.array([1]), np.full((1, 3), 2.0, np.float32))
    frames = trainer.frames()
    next(frames)
    while not trainer.loop.resting:
        next(frames)
    before = trainer.state()
    assert not trainer.snapshot().resting, "the shown points have already stopped"
    trainer.restore(before)
    undisturbed = rest(trainer).latent_mean
    trainer.restore(before)
    trainer.drag(np.array([5]), before.tensors["latent_mean"].numpy()[[5]])
    rest(trainer)
    trainer.return_dragged(before)
    assert np.abs(rest(trainer).latent_mean - undisturbed).max() < 0.01


def test_only_pins_of_dragged_items_end_a_drag_in_their_place() -> None:
    trainer, _ = at_rest()
    trainer.set_anchors(np.array([1, 4]), np.zeros((2, 3), np.float32))
    carry(trainer, 2)
    same = (np.array([1, 4]), np.zeros((2, 3), np.float32))
    assert not trainer.pins_dragged(*same)
    assert not trainer.pins_dragged(np.array([4]), np.zeros((1, 3), np.float32)), "1 is not dragged"
    assert trainer.pins_dragged(np.array([1, 4]), np.ones((2, 3), np.float32))
    assert trainer.pins_dragged(np.array([1]), np.zeros((1, 3), np.float32)), "4 lost its pin"
