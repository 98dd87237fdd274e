"""Motion of the particles."""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.layout.particle_map import ParticleMap
from lodespace.models.training.loop_state import LoopState
from lodespace.models.training.map_guide import MapGuide
from lodespace.models.training.tasks.features import FeatureTask
from lodespace.models.training.tasks.task import Task

DRIFT_STEP = 0.1
"""Step size of the rounds while features are learned: small, so that clusters move slowly."""
LOSS_INTERVAL = 10
"""Number of units of work from one measurement of the terms on the map to the next."""


class ForcesTask(Task):
    """Moves the particles by one round of forces.

    Each iteration of the training loop does a round, and also a unit of another task.
    """

    def __init__(self, state: LoopState, particle_map: ParticleMap, features: FeatureTask) -> None:
        self._state = state
        self._map = particle_map
        self._features = features

    def due(self) -> bool:
        return self._map.motion.due > 0 or not self._features.learned

    def unit(self) -> bool:
        moving, weights = self._map.moving, self._state.config.weights
        step = self._map.next_step()
        moving.round(
            DRIFT_STEP if step is None else step,
            weights.beta_neighbour,
            weights.beta_anchor,
            weights.beta_axis,
        )
        if self._state.step % LOSS_INTERVAL == 0:
            self._state.losses.update(moving.losses())
        return True

    def tensors(self) -> Tensors:
        return self._map.tensors()

    def counters(self) -> dict[str, Any]:
        return self._map.counters()

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._map.load(tensors, counters, self._state.config.latent_dim)


class SettlingTask(Task):
    """Does rounds of forces on all items of a large map, after a motion of its representatives.

    ForcesTask saves the state of this task.
    """

    def __init__(
        self, state: LoopState, particle_map: ParticleMap, guide: MapGuide, learning: LabelLearning
    ) -> None:
        self._state = state
        self._map = particle_map
        self._guide = guide
        self._learning = learning

    def due(self) -> bool:
        # New predictions move the map again, so the items settle after the predictions.
        waiting = self._map.motion.due > 0 or self._learning.at_work
        return self._map.settling.due > 0 and not waiting

    def unit(self) -> bool:
        particles, weights = self._map.particles, self._state.config.weights
        assert particles is not None
        if not self._map.settles:
            self._guide.update_all_agreement()
        step = self._map.settling.next_step()
        assert step is not None
        particles.round(step, weights.beta_neighbour, weights.beta_anchor, weights.beta_axis)
        return True


class FirstLayoutTask(Task):
    """Keeps all other tasks from running during the first layout. The task itself does nothing.

    A person waits for the first layout. A round of forces takes only 2 ms, so a unit of another
    task (20 ms) per round would make the layout much slower.
    """

    def __init__(self, particle_map: ParticleMap) -> None:
        self._map = particle_map

    def due(self) -> bool:
        return self._map.motion.laying_out

    def unit(self) -> bool:
        return False
