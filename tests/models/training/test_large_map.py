"""Maps of many items: representatives move, the other items follow, then all items settle.

The limits are lowered, so that 240 items are many.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from lodespace.models import Snapshot, Trainer, batches
from lodespace.models.classification import class_probabilities
from lodespace.models.display import display
from lodespace.models.layout import live_motion, particle_map, particles, representatives
from lodespace.models.layout.live_motion import LiveMotion
from lodespace.models.layout.particle_map import ParticleMap
from lodespace.models.layout.particles import ROUNDING
from lodespace.models.training import map_guide
from lodespace.models.training.particle_loop import ParticleLoop
from samples.trainings import N, labels_of, quick, rest, small

REPRESENTATIVES = 60


@pytest.fixture(autouse=True)
def lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(particle_map, "ITEMS_TO_MOVE", 100)
    for module in (batches, class_probabilities, display, particles):
        monkeypatch.setattr(module, "MANY", 100)
    monkeypatch.setattr(representatives, "MOST", REPRESENTATIVES)
    # Fewer than the labelled and pinned items of most tests.
    for module in (live_motion, map_guide):
        monkeypatch.setattr(module, "MOST_ADDED", 40)


def trained() -> tuple[Trainer, np.ndarray]:
    data, truth = small()
    return Trainer(data, quick(), n_classes=4, seed=3, device="cpu"), truth


def map_of(trainer: Trainer) -> ParticleMap:
    assert isinstance(trainer.loop, ParticleLoop)
    return trainer.loop.map


def live_of(trainer: Trainer) -> LiveMotion:
    live = map_of(trainer).live
    assert live is not None
    return live


def run_until(trainer: Trainer, reached: Callable[[], bool]) -> list[Snapshot]:
    frames = trainer.frames()
    snapshots = [next(frames)]
    while not reached():
        snapshots.append(next(frames))
        assert len(snapshots) < 2000
    return snapshots


STAGES: dict[str, Callable[[ParticleMap], bool]] = {
    "while they are chosen": lambda m: m.lacks_representatives and m.particles is not None,
    "while they move": lambda m: m.live is not None and 5 < m.motion.due < 40,
    "while items settle": lambda m: m.settles,
}


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES.keys())
def test_a_state_of_a_large_map_continues_to_the_bit(stage: Callable[[ParticleMap], bool]) -> None:
    trainer, truth = trained()
    run_until(trainer, lambda: stage(map_of(trainer)))
    state = trainer.state()
    other = Trainer.from_state(state, trainer.dataset, device="cpu")
    for each in (trainer, other):
        run_until(each, lambda each=each: each.loop.step >= state.meta["step"] + 30)
        each.set_labels(labels_of(truth, np.arange(0, N, 5)))
        run_until(each, lambda each=each: each.loop.step >= state.meta["step"] + 110)
    assert trainer.snapshot().latent_mean.tobytes() == other.snapshot().latent_mean.tobytes()
    mine, theirs = trainer.state().tensors, other.state().tensors
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []


def test_undo_while_a_large_map_settles_returns_to_the_bit() -> None:
    trainer, truth = trained()
    run_until(trainer, lambda: map_of(trainer).settles)
    before = trainer.state()
    trainer.set_labels(labels_of(truth, np.arange(0, N, 5)))
    trainer.set_anchors(np.array([3, 4]), np.full((2, 3), 2, np.float32))
    run_until(trainer, lambda: trainer.loop.step >= before.meta["step"] + 50)
    trainer.restore(before)
    run_until(trainer, lambda: not trainer.snapshot().rewinding)
    other = Trainer.from_state(before, trainer.dataset, device="cpu")
    for each in (trainer, other):
        run_until(each, lambda each=each: each.loop.step >= before.meta["step"] + 80)
    assert trainer.snapshot().latent_mean.tobytes() == other.snapshot().latent_mean.tobytes()


def test_items_follow_their_leaders_and_then_settle() -> None:
    trainer, truth = trained()
    rest(trainer)
    live, particles = live_of(trainer), map_of(trainer).particles
    assert particles is not None
    chosen = live.representatives
    assert len(chosen.items) == REPRESENTATIVES
    trainer.set_labels(labels_of(truth, np.arange(0, N, 5)))
    before = particles.position.clone()
    next(trainer.frames())
    moved = particles.position - before
    expected = torch.zeros(N, 3)
    for leader in range(3):
        share = chosen.shares[:, leader, None].float() / representatives.SHARES
        expected += share * moved[chosen.items][chosen.leaders[:, leader].long()]
    assert moved[live.items].norm(dim=1).min() > 0
    following = torch.ones(N, dtype=torch.bool)
    following[live.items] = False
    assert following.sum() > 100
    torch.testing.assert_close(moved[following], expected[following], atol=ROUNDING, rtol=1e-4)
    assert map_of(trainer).settling.due == 0
    run_until(trainer, lambda: map_of(trainer).settles)
    assert not trainer.loop.resting
    rest(trainer)
    assert map_of(trainer).settling.due == 0


def test_shares_sum_to_one_and_leaders_are_near() -> None:
    trainer, _ = trained()
    rest(trainer)
    chosen = live_of(trainer).representatives
    own = chosen.leaders[chosen.items]
    assert torch.equal(own[:, 0], torch.arange(REPRESENTATIVES, dtype=torch.int32))
    assert chosen.shares[chosen.items].tolist() == [[representatives.SHARES, 0, 0]] * len(own)
    total = chosen.shares.sum(dim=1, dtype=torch.int64)
    assert set(total.tolist()) <= {0, representatives.SHARES}
    assert (total > 0).float().mean() > 0.99
    position = trainer.loop.latent_mean
    leader = position[chosen.items[chosen.leaders[:, 0].long()]]
    far = (position - position[chosen.items[torch.arange(N) % REPRESENTATIVES]]).norm(dim=1)
    assert (position - leader).norm(dim=1).mean() < 0.5 * far.mean()


def test_labelled_and_pinned_items_become_representatives() -> None:
    trainer, truth = trained()
    rest(trainer)
    followers = np.setdiff1d(np.arange(N), live_of(trainer).items.numpy())
    trainer.set_labels(labels_of(truth, followers[:30]))
    assert set(followers[:30]) < set(live_of(trainer).items.tolist())
    trainer.set_anchors(followers[30:33], np.ones((3, 3), np.float32))
    assert set(followers[:33]) < set(live_of(trainer).items.tolist())
    trainer.set_labels(labels_of(truth, followers[:2]))
    trainer.set_anchors(followers[:0], np.ones((0, 3), np.float32))
    trainer.set_labels(labels_of(truth, followers[:0]))
    assert len(live_of(trainer).items) == REPRESENTATIVES


def test_items_in_view_move_as_representatives_after_a_label() -> None:
    trainer, truth = trained()
    rest(trainer)
    followers = np.setdiff1d(np.arange(N), live_of(trainer).items.numpy())
    trainer.set_priority(followers[10:30])
    trainer.set_labels(labels_of(truth, followers[:5]))
    live = live_of(trainer)
    assert {*followers[:5], *followers[10:30]} < set(live.items.tolist())
    # The labelled items have the first places, and the number of added items is bounded.
    trainer.set_priority(followers)
    trainer.set_labels(labels_of(truth, followers[40:50]))
    assert set(followers[40:50]) < set(live.items.tolist())
    assert len(live.items) <= REPRESENTATIVES + 40
    trainer.set_priority(followers[:0])
    trainer.set_labels(labels_of(truth, followers[40:49]))
    assert len(live.items) == REPRESENTATIVES + 9


def test_pinned_items_of_a_large_map_stay_at_their_pins() -> None:
    trainer, truth = trained()
    rest(trainer)
    items = live_of(trainer).representatives.items
    follower = next(item for item in range(N) if item not in set(items.tolist()))
    pinned = np.array([int(items[0]), follower])
    places = np.array([[2, 0, 0], [0, 2, 0]], np.float32)
    trainer.set_labels(labels_of(truth, np.arange(0, N, 5)))
    trainer.set_anchors(pinned, places)
    rest(trainer)
    # In coordinates of the model, because the shown map also turns.
    own = map_of(trainer)
    torch.testing.assert_close(own.latent_mean[own.pinned], own.pins, atol=0.1, rtol=0)


def test_a_large_map_has_neighbours_of_the_same_class() -> None:
    """The map of representatives and followers is about as good as that of a small map."""
    trainer, truth = trained()
    trainer.set_labels(labels_of(truth, np.arange(0, N, 5)))
    found = rest(trainer).latent_mean
    distance = ((found[:, None] - found[None]) ** 2).sum(axis=2) + 1e9 * np.eye(N)
    right = truth[distance.argmin(axis=1)] == truth
    assert right.mean() > 0.85


def test_a_small_map_has_no_representatives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(particle_map, "ITEMS_TO_MOVE", N)
    trainer, _ = trained()
    rest(trainer)
    assert map_of(trainer).live is None
    assert "representatives" not in trainer.state().tensors


def test_shown_forces_use_the_current_labels_also_from_a_saved_state() -> None:
    trainer, truth = trained()
    trainer.set_labels(labels_of(truth, np.arange(0, N, 5)))
    rest(trainer)
    other = Trainer.from_state(trainer.state(), trainer.dataset, device="cpu")
    shown = [each.loop.forces(None, reconstruction=False)["neighbour"] for each in (trainer, other)]
    assert torch.equal(*shown)
    trainer.set_labels(labels_of(truth, np.arange(0)))
    without = trainer.loop.forces(None, reconstruction=False)["neighbour"]
    assert not torch.allclose(shown[0], without)


def test_shown_forces_of_a_large_map_do_not_change_the_training() -> None:
    watched, truth = trained()
    run_until(watched, lambda: map_of(watched).settles)
    other = Trainer.from_state(watched.state(), watched.dataset, device="cpu")
    for each in (watched, other):
        frames = each.frames()
        each.set_labels(labels_of(truth, np.arange(0, N, 5)))
        for _ in range(40):
            next(frames)
            if each is watched:
                each.loop.forces(None, reconstruction=False)
    mine, theirs = watched.state().tensors, other.state().tensors
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []
