"""The effect of labels, predictions and settings on the map of particles."""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.particle_map import NEW_GRAPH_ROUNDS, ParticleMap
from lodespace.models.layout.schedule import INTERACTIVE_STEP, NEW_GRAPH_STEP
from lodespace.models.terms import LossWeights
from lodespace.models.training.labels import ItemLabels
from lodespace.models.training.loop_state import LoopState

GESTURE_MOTION = 3
"""Number of rounds of forces after a gesture, as a multiple of `rounds_per_gesture`. The step size
decreases to 0 over the second half of these rounds."""
STIFFNESS_SCALE = 0.2
"""Anchor stiffness of unlabelled items if the configured stiffness is 1, in kernel units
(layout/particles.py)."""
PIN_STIFFNESS = 50.0
"""Anchor stiffness of pinned items, in kernel units (layout/particles.py)."""


class MapGuide:
    """Sets stiffness, edge weights and motion of the map from labels and predictions."""

    def __init__(
        self, state: LoopState, learning: LabelLearning, particle_map: ParticleMap
    ) -> None:
        self._state = state
        self._learning = learning
        self._map = particle_map
        self._agreed: _AgreementInputs | None = None

    def update_stiffness(self) -> None:
        """Set the stiffness of all anchors.

        Pinned items get PIN_STIFFNESS, other labelled items 0, and unlabelled items the configured
        stiffness.
        """
        particles = self._map.particles
        assert particles is not None
        labelled = self._state.labels.classes != UNLABELED
        # Before the first label no person works with the map yet, so all items may move freely.
        stiffness = self._state.config.stiffness * STIFFNESS_SCALE * (~labelled & labelled.any())
        stiffness[self._map.pinned] = PIN_STIFFNESS
        particles.stiffness = stiffness.to(self._state.device, torch.float32)

    def update_agreement(self) -> None:
        """Weight each edge by the probability that its two items have the same class.

        The class probabilities follow from the current labels and the newest predictions.
        """
        particles = self._map.particles
        assert particles is not None
        self._agreed = self._agreement_inputs()
        state, classes = self._state, self._state.labels.classes
        seen = len(classes[classes != UNLABELED].unique())
        believed = self._learning.predictions.label_posterior(classes) if seen else None
        sharpness = state.config.weights.beta_classifier / LossWeights.beta_classifier
        particles.set_agreement(believed, seen / state.n_classes, sharpness)

    def tensors(self) -> Tensors:
        """Return the current weights of the edges, for a saved state.

        Return nothing if `update_agreement` would set the same weights.
        """
        particles = self._map.particles
        if particles is None or self.agreement_is_current:
            return {}
        return {"edge_weight_now": particles.weight}

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Set the weights of the edges if a saved state lacks them.

        Call this method when labels, predictions and map are loaded.
        """
        self._agreed = None
        if self._map.particles is not None and "edge_weight_now" not in tensors:
            self.update_agreement()

    @property
    def agreement_is_current(self) -> bool:
        """Whether `update_agreement` would not change any weight now."""
        return self._agreed is not None and self._agreed.same_as(self._agreement_inputs())

    def _agreement_inputs(self) -> "_AgreementInputs":
        state = self._state
        return _AgreementInputs(
            state.labels,
            self._map.graph,
            self._learning.predictions.revision,
            state.n_classes,
            state.config.weights.beta_classifier,
        )

    def plan_gesture(self) -> None:
        """Plan the motion that follows one gesture."""
        rounds = GESTURE_MOTION * self._state.config.rounds_per_gesture
        self._map.motion.plan(rounds, INTERACTIVE_STEP)

    def plan_axes(self) -> None:
        """Plan the motion that follows a change of the named axes."""
        self._map.motion.plan(2 * NEW_GRAPH_ROUNDS, NEW_GRAPH_STEP)


class _AgreementInputs(NamedTuple):
    """The values on which the weights of the edges depend."""

    labels: ItemLabels
    graph: Graph | None
    predictions: int
    n_classes: int
    beta_classifier: float

    def same_as(self, other: "_AgreementInputs") -> bool:
        """Return whether `other` has the same labels and graph (not copies), and equal numbers."""
        same = self.labels is other.labels and self.graph is other.graph
        return same and self[2:] == other[2:]
