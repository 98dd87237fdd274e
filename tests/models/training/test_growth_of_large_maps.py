"""Growth of a training on many items, or to many items. The limits are lowered."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from lodespace.models import Trainer, batches
from lodespace.models.batches import Epochs
from lodespace.models.checkpoints import checkpoint
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.classification import class_probabilities
from lodespace.models.display import display
from lodespace.models.layout import particle_map, particles, representatives
from lodespace.models.layout.graph import Graph
from lodespace.models.training.grown_state import Placement, grown_state
from lodespace.models.training.growth import fitted, grown
from samples.trainings import N, labels_of, quick, rest, small

FIRST = 200
"""Number of items before the growth."""
DERIVED = {"latent_mean", "prediction", "best_doubt", "best_margin", "probabilities_codes"}
LIMITS = [pytest.param(100, id="many"), pytest.param(FIRST + 20, id="growth_to_many")]


def lower_limits(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(particle_map, "ITEMS_TO_MOVE", 100)
    for module in (batches, class_probabilities, display, particles):
        monkeypatch.setattr(module, "MANY", many)
    monkeypatch.setattr(representatives, "MOST", 60)


def placed(first: int, added: int) -> Placement:
    """A placement of items beside item 0."""
    nothing = torch.empty(0, dtype=torch.int64)
    return Placement(
        first, torch.zeros(added, 1, dtype=torch.int64), Graph(nothing, nothing, torch.empty(0))
    )


def state_of(epochs: Epochs) -> TrainingState:
    counters = {"vae_epoch_position": epochs.position, "features_epoch_position": epochs.position}
    tensors = {**epochs.tensors("vae_epoch"), **epochs.tensors("features_epoch")}
    copies = {name: tensor.clone() for name, tensor in tensors.items()}
    return TrainingState(copies, {"items": epochs.n, "counters": counters})


def continued(state: TrainingState, n: int, name: str) -> Epochs:
    epochs = Epochs(n, 32, torch.Generator().manual_seed(5))
    epochs.load(name, state.tensors, state.meta["counters"][f"{name}_position"])
    return epochs


@pytest.mark.parametrize("name", ["vae_epoch", "features_epoch"])
@pytest.mark.parametrize("many", [100, 205, 1000])
@pytest.mark.parametrize("drawn", [1, 4])
def test_an_epoch_holds_every_item_once_when_items_are_added(
    monkeypatch: pytest.MonkeyPatch, drawn: int, many: int, name: str
) -> None:
    monkeypatch.setattr(batches, "MANY", many)
    epochs = Epochs(FIRST, 32, torch.Generator().manual_seed(0))
    items = [epochs.next() for _ in range(drawn)]
    epochs = continued(grown_state(state_of(epochs), placed(FIRST, 10), None), FIRST + 10, name)
    # The same state once more, because the epoch of more items can be saved and grow, too.
    items.append(epochs.next())
    epochs = continued(state_of(epochs), FIRST + 10, name)
    items.append(epochs.next())
    epochs = continued(grown_state(state_of(epochs), placed(FIRST + 10, 7), None), FIRST + 17, name)
    while epochs.position < epochs.n:
        items.append(epochs.next())
    assert sorted(torch.cat(items).tolist()) == list(range(FIRST + 17))
    following = [epochs.next() for _ in range(epochs.batches_per_epoch)]
    assert sorted(torch.cat(following).tolist()) == list(range(FIRST + 17))


@pytest.mark.parametrize("many", [100, 1000])
def test_a_complete_epoch_is_complete_when_items_are_added(
    monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Its position is 224 of 200 items, because the last batch is smaller."""
    monkeypatch.setattr(batches, "MANY", many)
    epochs = Epochs(FIRST, 32, torch.Generator().manual_seed(0))
    for _ in range(epochs.batches_per_epoch):
        epochs.next()
    state = grown_state(state_of(epochs), placed(FIRST, 50), None)
    epochs = continued(state, FIRST + 50, "vae_epoch")
    items = [epochs.next() for _ in range(epochs.batches_per_epoch)]
    assert sorted(torch.cat(items).tolist()) == list(range(FIRST + 50))


def test_an_epoch_that_has_not_begun_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MANY", 100)
    epochs = Epochs(FIRST, 32, torch.Generator().manual_seed(0))
    state = grown_state(state_of(epochs), placed(FIRST, 50), None)
    epochs = continued(state, FIRST + 50, "vae_epoch")
    items = [epochs.next() for _ in range(epochs.batches_per_epoch)]
    assert sorted(torch.cat(items).tolist()) == list(range(FIRST + 50))


def written(state: TrainingState, folder: Path) -> Path:
    return state.write_snapshot(folder, number=1, keep=4, most_bytes=1 << 30)


def label(trainer: Trainer, truth: np.ndarray, step: int) -> None:
    n = len(trainer.dataset)
    trainer.set_labels(labels_of(truth[:n], np.arange(0, n, step)))


@pytest.mark.slow
@pytest.mark.parametrize("many", LIMITS)
def test_growth_and_undo_of_large_maps_give_small_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    lower_limits(monkeypatch, many)
    data, truth = small()
    trainer = Trainer(data.subset(slice(FIRST)), quick(), n_classes=4, seed=3, device="cpu")
    for step in (12, 9):
        rest(trainer)
        label(trainer, truth, step)
    rest(trainer)
    before = trainer.state()
    assert ("probabilities" in before.tensors) == (many > FIRST)
    earlier = written(before, tmp_path / "earlier")
    larger = grown(trainer, data)
    at_once = larger.state()
    found = TrainingState.from_checkpoint(checkpoint.read(written(at_once, tmp_path / "at_once")))
    assert different(found, at_once) == []
    label(larger, truth, 7)
    rest(larger)
    check(larger, truth, tmp_path / "grown")
    state = TrainingState.from_checkpoint(checkpoint.read(earlier))
    assert different(state, before) == []
    larger.restore(fitted(larger, state))
    back = rest(larger).latent_mean
    assert np.allclose(back[:FIRST], before.tensors["latent_mean"].numpy(), atol=1e-3)
    label(larger, truth, 5)
    rest(larger)
    check(larger, truth, tmp_path / "again")


def check(trainer: Trainer, truth: np.ndarray, folder: Path) -> None:
    """Check the state of a trainer at rest: its tensors, its snapshot and its predictions."""
    state = trainer.state()
    tensors = state.tensors
    position = tensors["position"]
    assert len(position) == N
    assert torch.equal((position / particles.ROUNDING).round() * particles.ROUNDING, position)
    assert "probabilities" not in tensors and len(tensors["probabilities_codes"]) == N
    assert int(tensors["learned_probabilities_codes"].max()) <= 64
    path = written(state, folder)
    names = load(path.read_bytes()).keys() | checkpoint.shared_hashes(path).keys()
    assert not names & DERIVED
    assert different(TrainingState.from_checkpoint(checkpoint.read(path)), state) == []
    assert (trainer.snapshot().prediction == truth).mean() > 0.6


def different(a: TrainingState, b: TrainingState) -> list[str]:
    assert a.tensors.keys() == b.tensors.keys()
    return [name for name in a.tensors if not torch.equal(a.tensors[name], b.tensors[name])]
