"""Learning from labels in units of work: steps of the wide classifier, then predictions."""

import copy
from collections.abc import Mapping
from operator import is_
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import (
    Tensors,
    adam_tensors,
    load_adam,
    load_module,
    module_tensors,
)
from lodespace.models.classification.ensemble import Predictions
from lodespace.models.classification.training_labels import TrainingLabels
from lodespace.models.classification.wide_classifier import WideClassifier
from lodespace.models.dataset import Dataset
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.item_predictions import UNLABELED

FRESH_CLASSIFIER_STEPS = 60
"""Number of batches to train the classifier on after it restarts with improved features."""
DOUBTFUL_WEIGHT = 0.1
"""Minimum weight of a label that the classifier doubts."""


class LabelLearning:
    """Trains the wide classifier on labels, and predicts all items.

    The classifier is created at the first label. It starts from features learned without labels.
    """

    def __init__(
        self,
        dataset: Dataset,
        n_classes: int,
        generator: torch.Generator,
        device_generator: torch.Generator,
    ) -> None:
        """Prepare to learn labels of `dataset`.

        `generator` is on the CPU, and `device_generator` is on the device of the data set.
        """
        self.dataset = dataset
        """Items that the classifier reads."""
        self.n_classes = n_classes
        """Number of classes."""
        self.generator = generator
        self.device_generator = device_generator
        self.classifier: WideClassifier | None = None
        """The wide classifier; None until there is a label."""
        workers = 1 if dataset.team is None else dataset.team.size
        self.predictions = Predictions(len(dataset), n_classes, dataset.device, workers=workers)
        """Predictions for all items."""
        self.steps_due = 0
        """Number of batches that the classifier must still be trained on."""
        self.moves_map = True
        """Whether the map moves after the current sweep; False if items were only added."""
        self._believed: tuple[tuple[torch.Tensor, ...], int, torch.Tensor] | None = None

    @property
    def at_work(self) -> bool:
        """Whether steps or predictions are due."""
        return self.steps_due > 0 or self.predictions.sweeping

    def labels_given(self, labels: torch.Tensor, features: FeatureNetwork, steps: int) -> None:
        """Plan `steps` batches after a change of labels to `labels`, int64 (N,).

        If there is no classifier yet, creates one that starts from `features`.
        """
        self.predictions.labels_given(labels)
        self.moves_map = True
        if self.classifier is None:
            self._start(features)
        self.steps_due += steps

    def predict_again(self, labels: torch.Tensor) -> None:
        """Plan new predictions of all items, without training.

        `labels` are the labels of all items, int64 (N,).
        """
        self.moves_map = True
        if self.classifier is not None and self.steps_due == 0:
            self.predictions.start_sweep(torch.nonzero(labels != UNLABELED).squeeze(1))

    def predict_added(self, labels: torch.Tensor) -> None:
        """Plan new predictions of all items, because items were added.

        Unlike after `predict_again`, the map does not move, unless these predictions replace a
        sweep or a training after which the map would have moved.
        """
        moves_map = self.moves_map or self.steps_due > 0
        self.predict_again(labels)
        self.moves_map = moves_map

    def features_learned(self, features: FeatureNetwork) -> None:
        """If there is a classifier, restart it from the improved `features`."""
        if self.classifier is not None:
            self._start(features)
            self.steps_due = FRESH_CLASSIFIER_STEPS

    def _start(self, features: FeatureNetwork) -> None:
        network = copy.deepcopy(features)
        self.classifier = WideClassifier(
            self.dataset, network, self.n_classes, self.device_generator
        )

    def set_class_count(self, n_classes: int) -> None:
        """Continue with another number of classes."""
        self.n_classes = n_classes
        self.predictions.set_class_count(n_classes)
        if self.classifier is not None:
            self.classifier.set_class_count(n_classes)

    def reshape(self, n_classes: int) -> None:
        """Set the number of classes that a saved state has. Call this method before `load`."""
        self.n_classes = n_classes

    def step(
        self,
        labels: torch.Tensor,
        trained_labels: torch.Tensor,
        weights: torch.Tensor,
        verified: torch.Tensor,
        priority: torch.Tensor,
    ) -> float | None:
        """Train one batch. After the last batch that is due, start predicting.

        Args:
            labels: all labels, int64 (N,).
            trained_labels: labels except the held-out labels, int64 (N,).
            weights: weight of each label, float32 (N,).
            verified: whether a person looked at each item individually, bool (N,).
            priority: items int64 (K,) to predict first, together with the labelled items.

        Returns:
            The loss, or None if there are no labels.
        """
        assert self.classifier is not None
        if self.predictions.complete:
            weights = self._believed_weights(trained_labels, weights, verified)
        loss = self.classifier.step(trained_labels, weights, verified, self.generator)
        self.steps_due -= 1
        if self.steps_due == 0:
            labelled = torch.nonzero(labels != UNLABELED).squeeze(1)
            self.predictions.start_sweep(torch.cat([priority, labelled]).unique())
        return loss

    def _believed_weights(
        self, labels: torch.Tensor, weights: torch.Tensor, verified: torch.Tensor
    ) -> torch.Tensor:
        """Return the weight of each label, (N,), multiplied by the belief in the label.

        A doubtful label may be a mistake that was made with the lasso, so its weight is lower.
        """
        inputs, revision = (labels, weights, verified), self.predictions.revision
        known = self._believed
        # The result is cached: the inputs stay the same for dozens of steps, and a pass over a
        # million items takes 50 ms.
        if known is not None and known[1] == revision and all(map(is_, known[0], inputs)):
            return known[2]
        own = self.predictions.belief(labels, verified).clamp_min(DOUBTFUL_WEIGHT)
        found = weights * self._relative_within_class(labels, own)
        self._believed = inputs, revision, found
        return found

    def _relative_within_class(self, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return weights (N,), scaled to mean 1 in each class.

        Without this scaling, a new class, whose labels the classifier doubts at first, would not be
        learned.
        """
        labelled = labels != UNLABELED
        own = labels[labelled]
        total = torch.zeros(self.n_classes).index_add_(0, own, weights[labelled])
        count = torch.zeros(self.n_classes).index_add_(0, own, torch.ones(len(own)))
        mean = total / count.clamp_min(1)
        return torch.where(labelled, weights / mean[labels.clamp_min(0)].clamp_min(1e-6), weights)

    def predict(self, labels: TrainingLabels) -> tuple[bool, bool]:
        """Do the next unit of the predictions.

        Returns:
            Whether the map should use the new predictions now, and whether all items are predicted.
        """
        assert self.classifier is not None
        complete = self.predictions.step(self.classifier, labels)
        return complete or self.predictions.has_news, complete

    def classifier_features(self) -> torch.Tensor:
        """Return the features (N, WIDTH) of the wide classifier after its newest sweep."""
        assert self.classifier is not None
        return self.predictions.features.known(self.classifier)

    # Checkpoints ------------------------------------------------------------------------------

    def tensors(self) -> Tensors:
        """Return the tensors that `load` needs to continue learning."""
        tensors = self.predictions.tensors()
        if self.classifier is not None:
            tensors |= module_tensors("classifier", self.classifier.network)
            tensors |= module_tensors("classifier_output", self.classifier.output)
            tensors |= adam_tensors("classifier_adam", self.classifier.optimiser)
        return tensors

    def counters(self) -> dict[str, Any]:
        """Return the numbers that a checkpoint needs to continue learning (see `load`)."""
        return {
            "classifier_steps_due": self.steps_due,
            "sweep_position": self.predictions.position,
            "predictions_known": self.predictions.complete,
            "sweep_moves_map": self.moves_map,
        }

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Restore what the methods `tensors` and `counters` returned."""
        self.predictions.load(tensors, counters["sweep_position"], counters["predictions_known"])
        self.classifier = None
        if "classifier_output.weight" in tensors:
            self._start(FeatureNetwork(self.dataset).to(self.dataset.device))
            assert self.classifier is not None
            load_module("classifier", self.classifier.network, tensors)
            load_module("classifier_output", self.classifier.output, tensors)
            load_adam("classifier_adam", self.classifier.optimiser, tensors)
        self.steps_due = counters["classifier_steps_due"]
        self.moves_map = counters.get("sweep_moves_map", True)
