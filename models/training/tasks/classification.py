"""Learning from labels and predicting the other items."""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.classification.training_labels import TrainingLabels
from lodespace.models.training.accuracy import measure_accuracy
from lodespace.models.training.loop_state import LoopState
from lodespace.models.training.map_guide import MapGuide
from lodespace.models.training.tasks.graph import GraphTask
from lodespace.models.training.tasks.head import HeadTask
from lodespace.models.training.tasks.task import Task
from lodespace.models.vae.training import VAETraining


class ClassifierTask(Task):
    """Trains the wide classifier after a change of labels, one batch at a time."""

    short = True

    def __init__(self, state: LoopState, learning: LabelLearning) -> None:
        self._state = state
        self._learning = learning

    def due(self) -> bool:
        return self._learning.steps_due > 0

    def unit(self) -> bool:
        labels = self._state.labels
        loss = self._learning.step(
            labels.classes, labels.trained, labels.weights, labels.verified, self._state.priority
        )
        if loss is not None:
            self._state.losses["wide_classification"] = loss
        return False

    def tensors(self) -> Tensors:
        return self._learning.tensors()

    def counters(self) -> dict[str, Any]:
        return self._learning.counters()

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self._learning.load(tensors, counters)


class PredictTask(Task):
    """Predicts all items after the last training step of the classifier, chunk by chunk.

    ClassifierTask saves the state of both tasks.
    """

    def __init__(
        self,
        state: LoopState,
        learning: LabelLearning,
        vae_training: VAETraining,
        guide: MapGuide,
        graph: GraphTask,
        head: HeadTask,
    ) -> None:
        self._state = state
        self._learning = learning
        self._vae_training = vae_training
        self._guide = guide
        self._graph = graph
        self._head = head

    def due(self) -> bool:
        return self._learning.predictions.sweeping

    def unit(self) -> bool:
        labels = self._state.labels
        news, complete = self._learning.predict(
            TrainingLabels(
                labels.classes,
                labels.given,
                labels.trained,
                labels.verified,
                self._graph.current,
                self._graph.views,
                self._graph.rows,
                labels.weights,
                labels.reviewed,
                labels.corrected,
            )
        )
        if complete:
            prediction = self._learning.predictions.newest.prediction
            measure_accuracy(self._state, self._vae_training, prediction)
        if news:
            self._guide.update_agreement()
        if complete and self._learning.moves_map:
            self._guide.plan_gesture()
        if complete:
            self._graph.request_after_gestures()
            self._graph.follow(self._learning.predictions.view_likelihoods)
            self._head.request()
        return False
