"""The effect of labels, predictions and settings on the map of particles."""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from lodespace.models.batches import evenly
from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.layout.graph import Graph
from lodespace.models.layout.live_motion import LiveMotion
from lodespace.models.layout.particle_map import NEW_GRAPH_ROUNDS, ParticleMap
from lodespace.models.layout.representatives import MOST_ADDED
from lodespace.models.layout.schedule import INTERACTIVE_STEP, NEW_GRAPH_STEP
from lodespace.models.loss_terms import LossWeights
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
        self._all_agreed: _AgreementInputs | None = None

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

        The class probabilities follow from the current labels and the newest predictions. In a
        large map, only the edges between representatives are weighted.
        """
        self._agreed = self._agreement_inputs()
        live = self._map.live
        if live is None:
            self.update_all_agreement()
        else:
            live.add(self._shown_to_move())
            self._weigh(live)

    def _weigh(self, live: LiveMotion) -> None:
        live.own.set_agreement(*self._agreement(live.items.cpu()))

    def _shown_to_move(self) -> torch.Tensor:
        """Return items that a person looks at, each once, int64 (K,), on the CPU.

        Pinned items come first, then labelled items, evenly spaced, then items in view, evenly
        spaced.
        """
        labelled = torch.nonzero(self._state.labels.classes != UNLABELED).squeeze(1)
        shown = self._map.pinned
        for items in (labelled, self._state.priority):
            more = evenly(items, max(0, MOST_ADDED - len(shown)))
            shown = torch.cat([shown, more[~torch.isin(more, shown)]])
        return shown

    def pins_changed(self) -> None:
        """Add new pinned items of a large map to its representatives."""
        live = self._map.live
        if live is not None and live.lacks(self._map.pinned):
            self.update_agreement()

    def update_all_agreement(self) -> None:
        """Weight the edges between all items."""
        particles = self._map.particles
        assert particles is not None
        self._all_agreed = self._agreement_inputs()
        particles.set_agreement(*self._agreement(None))

    def update_shown_agreement(self) -> None:
        """Weight the edges between all items for the shown forces, if the weights are not current.

        In a large map, training itself uses these weights only while the map settles. During that
        time, this method changes nothing, so that training gives the same bytes whether or not a
        person watches the forces.
        """
        if self._map.settles or self._agreement_inputs().same_as(self._all_agreed):
            return
        if self._map.live is not None:
            self.update_all_agreement()

    def _agreement(self, items: torch.Tensor | None) -> tuple[torch.Tensor | None, float, float]:
        """Return the arguments of `Particles.set_agreement` for items int64 (K,), or for all
        items."""
        state, classes = self._state, self._state.labels.classes
        seen = len(classes[classes != UNLABELED].unique())
        predictions, weights = self._learning.predictions, state.labels.weights
        believed = predictions.label_posterior(classes, items, weights) if seen else None
        sharpness = state.config.weights.beta_classifier / LossWeights.beta_classifier
        return believed, seen / state.n_classes, sharpness

    def tensors(self) -> Tensors:
        """Return the current weights of the edges, for a saved state.

        Weights that `update_agreement` would set are left out.
        """
        particles, live = self._map.particles, self._map.live
        now, tensors = self._agreement_inputs(), {}
        if live is not None and not now.same_as(self._agreed):
            tensors["representative_weight_now"] = live.own.weight
        if particles is not None and self._uses_all_edges and not now.same_as(self._all_agreed):
            tensors["edge_weight_now"] = particles.weight
        return tensors

    @property
    def _uses_all_edges(self) -> bool:
        """Whether forces use the weights of the edges between all items.

        In a large map, only the settling uses these weights. They are set when it begins.
        """
        return self._map.live is None or self._map.settles

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Set the weights of the edges if a saved state lacks them.

        Call this method after labels, predictions and map have been loaded.
        """
        self._agreed = self._all_agreed = None
        live = self._map.live
        if live is not None and "representative_weight_now" in tensors:
            weight = tensors["representative_weight_now"].clone()
            live.own.set_weight(weight.to(live.items.device))
        elif live is not None:
            self._agreed = self._agreement_inputs()
            self._weigh(live)
        if self._map.particles is None or "edge_weight_now" in tensors:
            return
        if live is None:
            self.update_agreement()
        elif self._map.settles:
            self.update_all_agreement()

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

    def same_as(self, other: "_AgreementInputs | None") -> bool:
        """Return whether `other` has the same label and graph objects, and equal numbers."""
        if other is None:
            return False
        same = self.labels is other.labels and self.graph is other.graph
        return same and self[2:] == other[2:]
