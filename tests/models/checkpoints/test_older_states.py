"""States without what can be computed again, and states of versions that stored it."""

import numpy as np
import pytest
import torch

from lodespace.models import Trainer
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.training.particle_loop import ParticleLoop
from samples.trainings import N, labels_of, quick, small

COMPUTED_AGAIN = {"classifier_features", "sweep_order", "edge_weight_now", "evidence"}
NEW = {"sweep_first", "evidence_items", "evidence_recorded", "sweep_parts", "sweep_prepared"}


def trained(turns: int) -> Trainer:
    """A trainer that learned labels, got more labels, and did `turns` turns since."""
    data, truth = small()
    trainer = Trainer(data, quick(), n_classes=4, seed=3, device="cpu")
    frames = trainer.frames()
    for step in (10, 4):
        for _ in range(160):
            next(frames)
        trainer.set_labels(labels_of(truth, np.arange(0, N, step)))
    for _ in range(turns):
        next(frames)
    return trainer


def as_stored_before(trainer: Trainer) -> TrainingState:
    """The state of `trainer` in the format of the first release."""
    state = trainer.state()
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop) and loop.map.particles is not None
    tensors = {name: tensor for name, tensor in state.tensors.items() if name not in NEW}
    evidence = torch.full((N, 2), -1.0)
    evidence[state.tensors["evidence_items"].long()] = state.tensors["evidence_recorded"]
    tensors |= {
        "classifier_features": loop.learning.classifier_features().clone(),
        "sweep_order": loop.learning.predictions.order.items,
        "edge_weight_now": loop.map.particles.weight.clone(),
        "evidence": evidence,
        "vae_epoch_order": tensors["vae_epoch_order"].long(),
    }
    return TrainingState(tensors, state.meta)


def course(trainer: Trainer, turns: int) -> list[bytes]:
    frames = trainer.frames()
    snapshots = [next(frames) for _ in range(turns)]
    return [s.latent_mean.tobytes() + s.predictions.confidence.tobytes() for s in snapshots]


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(0, marks=pytest.mark.only_slow),
        pytest.param(20, marks=pytest.mark.only_slow),
        40,
        41,
        pytest.param(43, marks=pytest.mark.only_slow),
        60,
    ],
)
@pytest.mark.slow
def test_a_state_of_the_first_release_continues_as_a_new_one(turns: int) -> None:
    """The turns are before, in, and after the sweep of predictions, which starts at turn 40."""
    trainer = trained(turns)
    data, old, new = trainer.dataset, as_stored_before(trainer), trainer.state()
    assert not COMPUTED_AGAIN - {"edge_weight_now"} & new.tensors.keys()
    continued = course(trainer, 40)
    assert course(Trainer.from_state(new, data, device="cpu"), 40) == continued
    assert course(Trainer.from_state(old, data, device="cpu"), 40) == continued


def test_a_state_at_rest_has_no_weights_that_follow_from_the_predictions() -> None:
    trainer = trained(60)
    assert trainer.loop.predictions.confidence.any()
    assert "edge_weight_now" not in trainer.state().tensors


def test_states_on_one_graph_share_its_edges() -> None:
    trainer = trained(0)
    first = trainer.state()
    course(trainer, 10)
    second = trainer.state()
    for name in ("edge_head", "edge_tail", "edge_weight"):
        assert first.tensors[name].data_ptr() == second.tensors[name].data_ptr(), name
    assert first.tensors["position"].data_ptr() != second.tensors["position"].data_ptr()
    restored = Trainer.from_state(first, trainer.dataset, device="cpu")
    course(restored, 60)
    assert torch.equal(first.tensors["edge_weight"], second.tensors["edge_weight"])
