"""Undo of a training on many items from the disk: snapshots lack what follows from other tensors.

The limits are lowered, so that 240 items are many.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from lodespace.models import Trainer, batches
from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.classification import class_probabilities
from lodespace.models.classification.class_probabilities import coded, decoded
from lodespace.models.display import display
from lodespace.models.layout import particle_map, particles, representatives
from lodespace.models.training.particle_loop import ParticleLoop
from samples.trainings import N, labels_of, quick, rest, small

DERIVED = {"latent_mean", "prediction", "best_doubt", "best_margin", "probabilities_codes"}
DISK_BYTES = 1 << 30


@pytest.fixture(autouse=True)
def lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(particle_map, "ITEMS_TO_MOVE", 100)
    for module in (batches, class_probabilities, display, particles):
        monkeypatch.setattr(module, "MANY", 100)
    monkeypatch.setattr(representatives, "MOST", 60)


def trained() -> tuple[Trainer, np.ndarray]:
    """A trainer at rest, after two gestures, and the true classes."""
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, seed=3, device="cpu")
    for step in (12, 9):
        rest(trainer)
        label(trainer, truth, step)
    rest(trainer)
    return trainer, truth


def label(trainer: Trainer, truth: np.ndarray, step: int) -> None:
    trainer.set_labels(labels_of(truth, np.arange(0, N, step)))


def written(state: TrainingState, folder: Path) -> Path:
    return state.write_snapshot(folder, number=1, keep=4, most_bytes=DISK_BYTES)


def names_on_disk(path: Path) -> set[str]:
    own = load(path.read_bytes()).keys()
    return own | checkpoint.shared_hashes(path).keys()


def learned_weight(trainer: Trainer) -> float:
    assert isinstance(trainer.loop, ParticleLoop)
    return trainer.loop.learning.predictions.learned_weight


def different(a: TrainingState, b: TrainingState) -> list[str]:
    assert a.tensors.keys() == b.tensors.keys()
    return [name for name in a.tensors if not torch.equal(a.tensors[name], b.tensors[name])]


@pytest.mark.parametrize("turns", [0, 1, 30])
def test_undo_from_disk_restores_the_state_to_the_bit(tmp_path: Path, turns: int) -> None:
    """The turns are at rest, in the first frame of a gesture, and while items are predicted."""
    trainer, truth = trained()
    frames = trainer.frames()
    if turns:
        label(trainer, truth, 7)
    for _ in range(turns):
        next(frames)
    before = trainer.state()
    path = written(before, tmp_path)
    left_out = before.tensors.keys() - names_on_disk(path)
    assert left_out >= (DERIVED if turns < 2 else {"latent_mean"})
    found = TrainingState.from_checkpoint(checkpoint.read(path))
    assert different(found, before) == []
    other = Trainer.from_state(before, trainer.dataset, device="cpu")
    label(trainer, truth, 3)
    for _ in range(20):
        next(frames)
    trainer.restore(found)
    while trainer.snapshot().rewinding:
        next(frames)
    assert different(trainer.state(), before) == []
    # The next gesture gives the learned classifiers the same weight, and all else the same bytes.
    for each in (trainer, other):
        label(each, truth, 5)
        rest(each)
    assert learned_weight(trainer) == learned_weight(other) > 0
    assert different(trainer.state(), other.state()) == []


def test_positions_of_a_large_map_are_multiples_of_a_step() -> None:
    trainer, _ = trained()
    position = trainer.state().tensors["position"]
    assert torch.equal((position / particles.ROUNDING).round() * particles.ROUNDING, position)
    assert len(position.unique()) > 2 * N


def test_a_checkpoint_without_an_order_has_a_higher_format(tmp_path: Path) -> None:
    """Versions that need the order of an epoch do not know this format, and refuse it."""
    trainer, _ = trained()
    trainer.save(tmp_path / "many")
    found = checkpoint.latest(tmp_path / "many")
    assert found is not None and "vae_epoch_order" not in found.tensors
    assert found.meta["format"] == checkpoint.FORMAT_WITHOUT_DERIVED
    again = Trainer.load(tmp_path / "many", trainer.dataset, device="cpu").state()
    assert different(again, trainer.state()) == []
    small_map = {**trainer.state().tensors}
    del small_map["vae_epoch_seed"]
    trainer.state()._replace(tensors=small_map).write(tmp_path / "few")
    few = checkpoint.latest(tmp_path / "few")
    assert few is not None and few.meta["format"] == checkpoint.FORMAT


def test_a_snapshot_of_an_older_version_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has all tensors, finer probabilities, and no weight of the learned classifiers."""
    trainer, truth = trained()
    tensors = {**trainer.state().tensors}
    del tensors["learned_weight"]
    order = batches.permutation(N, int(tensors.pop("vae_epoch_seed")))
    tensors["vae_epoch_order"] = order.to(torch.int32)
    random = torch.rand(N, 4, generator=torch.Generator().manual_seed(0))
    for name in ("learned_probabilities", "voiced_probabilities"):
        values = decoded(tensors[f"{name}_codes"], tensors[f"{name}_steps"]) + 1e-3 * random
        codes, steps, _ = coded(values.clamp_max(1))
        tensors |= {f"{name}_codes": codes, f"{name}_steps": steps}
    tensors["position"] = tensors["position"] + 1e-5 * random[:, :3]
    old = trainer.state()._replace(tensors=tensors)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "without_derived", dict)
        path = written(old, tmp_path)
    assert names_on_disk(path) == tensors.keys()
    assert checkpoint.read(path).meta["format"] == checkpoint.FORMAT_WITH_SHARED
    trainer.restore(TrainingState.from_checkpoint(checkpoint.read(path)))
    now = trainer.state().tensors
    assert [name for name in tensors if not torch.equal(now[name], tensors[name])] == []
    label(trainer, truth, 5)
    rest(trainer)
    # The next snapshot is a small one.
    again = written(trainer.state(), tmp_path / "next")
    assert not names_on_disk(again) & DERIVED
