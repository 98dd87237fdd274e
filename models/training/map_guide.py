"""The effect of labels, predictions and settings on the map of particles."""

import torch

from lodespace.models.classification.learner import LabelLearning
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.particle_map import ParticleMap
from lodespace.models.layout.schedule import INTERACTIVE_STEP
from lodespace.models.terms import LossWeights
from lodespace.models.training.loop_state import LoopState

GESTURE_MOTION = 3
"""A gesture plans this many times rounds_per_gesture; the step fades out over the second half."""
STIFFNESS_SCALE = 0.2
"""Force in kernel units per unit of distance of an unlabelled item at stiffness 1."""
PIN_STIFFNESS = 50.0


class MapGuide:
    """Sets stiffness, edge weights and motion of the map from what is known of the items."""

    def __init__(
        self, state: LoopState, learning: LabelLearning, particle_map: ParticleMap
    ) -> None:
        self._state = state
        self._learning = learning
        self._map = particle_map

    def update_stiffness(self) -> None:
        """Anchor unlabelled items by the stiffness in force, and pinned items firmly."""
        particles = self._map.particles
        assert particles is not None
        labelled = self._state.labels.classes != UNLABELED
        # Before the first label there is no mental map to preserve, so the layout is free.
        stiffness = self._state.config.stiffness * STIFFNESS_SCALE * (~labelled & labelled.any())
        stiffness[self._map.pinned] = PIN_STIFFNESS
        particles.stiffness = stiffness.to(self._state.device, torch.float32)

    def update_agreement(self) -> None:
        """Weight the edges by how likely their ends are of one class.

        Labels count at once, predictions as of the last sweep.
        """
        particles = self._map.particles
        assert particles is not None
        state, classes = self._state, self._state.labels.classes
        seen = len(classes[classes != UNLABELED].unique())
        believed = self._learning.predictions.label_posterior(classes) if seen else None
        sharpness = state.config.weights.beta_classifier / LossWeights.beta_classifier
        particles.set_agreement(believed, seen / state.n_classes, sharpness)

    def plan_gesture(self) -> None:
        """Plan the motion that follows one gesture."""
        rounds = GESTURE_MOTION * self._state.config.rounds_per_gesture
        self._map.motion.plan(rounds, INTERACTIVE_STEP)
