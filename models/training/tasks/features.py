"""Self-supervised learning of features."""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.features.self_supervision import SelfSupervision
from lodespace.models.training.loop_state import LoopState
from lodespace.models.training.tasks.graph import GraphTask
from lodespace.models.training.tasks.task import Task


class FeatureTask(Task):
    """Learns features of pictures, one batch at a time, then requests a graph. Uses no labels.

    Vectors are used as features themselves, because features that are learned from vectors with
    added noise give worse neighbours (docs/model.md).
    """

    short = True

    def __init__(
        self,
        state: LoopState,
        self_supervision: SelfSupervision,
        learning: LabelLearning,
        graph: GraphTask,
    ) -> None:
        self.self_supervision = self_supervision
        self._state = state
        self._learning = learning
        self._graph = graph

    @property
    def learned(self) -> bool:
        """Whether all training steps are done; True if no features are learned."""
        steps = self._state.config.feature_steps
        return not self._graph.learns_features or self.self_supervision.steps_done >= steps

    @property
    def progress(self) -> float:
        """Share (0..1) of the training steps that are done."""
        if not self._graph.learns_features:
            return 1.0
        return min(1.0, self.self_supervision.steps_done / max(1, self._state.config.feature_steps))

    def due(self) -> bool:
        return not self.learned

    def unit(self) -> bool:
        self._state.losses["self_supervision"] = self.self_supervision.step()
        if self.learned:
            self._graph.requested = True
            self._learning.features_learned(self.self_supervision.network)
        return False

    def tensors(self) -> Tensors:
        return self.self_supervision.tensors(unfinished=not self.learned)

    def counters(self) -> dict[str, Any]:
        return self.self_supervision.counters()

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self.self_supervision.load(tensors, counters)
