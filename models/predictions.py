"""The wide classifier's view of every item, brought up to date chunk by chunk."""

from collections.abc import Mapping

import torch

from lodespace.models.dataset import UNLABELED
from lodespace.models.features import WIDTH
from lodespace.models.opinion import Opinion, no_opinion, opinion_of
from lodespace.models.state import Tensors
from lodespace.models.wide_classifier import LABEL_CERTAINTY, WideClassifier

CHUNK = 1000
"""Items a unit of work: some 15 ms."""


class Predictions:
    """probabilities (N, C) and features (N, WIDTH) of all items, as of the last sweep. `known` is False before the first."""

    def __init__(self, n: int, n_classes: int, device: torch.device) -> None:
        self.probabilities = torch.full((n, n_classes), 1 / n_classes, device=device)
        self.features = torch.zeros(n, WIDTH, device=device)
        self.known = False
        self._opinion = no_opinion(n, device)
        self.order = torch.empty(0, dtype=torch.int64)
        self.position = 0

    def set_class_count(self, n_classes: int) -> None:
        n, old = self.probabilities.shape
        wider = torch.zeros(n, n_classes, device=self.probabilities.device)
        wider[:, : min(old, n_classes)] = self.probabilities[:, : min(old, n_classes)]
        self.probabilities = wider

    @property
    def sweeping(self) -> bool:
        return self.position < len(self.order)

    @property
    def chunks_done(self) -> int:
        return self.position // CHUNK

    def start_sweep(self, first: torch.Tensor) -> None:
        """Begin anew with the items `first` (int64 (K,), on the CPU), then all others in order."""
        n = len(self.probabilities)
        rest = torch.ones(n, dtype=torch.bool)
        rest[first] = False
        self.order = torch.cat([first, torch.nonzero(rest).squeeze(1)])
        self.position = 0

    def unit(self, classifier: WideClassifier, labels: torch.Tensor) -> bool:
        """Predict the next chunk. Returns whether the sweep is complete; the labels int64 (N,) of that moment are then judged."""
        items = self.order[self.position : self.position + CHUNK].to(self.probabilities.device)
        self.probabilities[items], self.features[items] = classifier.probabilities(items)
        self.position += len(items)
        if not self.sweeping:
            self.known = True
            self._opinion = opinion_of(self.probabilities, labels)
        return not self.sweeping

    def believed(self, labels: torch.Tensor) -> torch.Tensor:
        """What is believed of each item's class: labelled items 0.9 their label, 0.1 the prediction. (N, C)."""
        believed = self.probabilities.clone()
        labelled = torch.nonzero(labels != UNLABELED).squeeze(1).to(believed.device)
        believed[labelled] *= 1 - LABEL_CERTAINTY
        believed[labelled, labels[labelled.cpu()].to(believed.device)] += LABEL_CERTAINTY
        return believed

    @property
    def opinion(self) -> Opinion:
        """Of the last whole sweep."""
        return self._opinion

    def tensors(self) -> Tensors:
        return {
            "probabilities": self.probabilities,
            "classifier_features": self.features,
            "sweep_order": self.order,
            **{f"best_{name}": value for name, value in self._opinion._asdict().items()},
        }

    def load(self, tensors: Mapping[str, torch.Tensor], position: int, known: bool) -> None:
        device = self.probabilities.device
        self.probabilities = tensors["probabilities"].clone().to(device)
        self.features = tensors["classifier_features"].clone().to(device)
        self.order = tensors["sweep_order"].clone()
        self.position, self.known = position, known
        nothing = no_opinion(len(self.probabilities), device)
        # Checkpoints of before there were margins and doubts hold the first two.
        kept = (tensors.get(f"best_{name}", value) for name, value in nothing._asdict().items())
        self._opinion = Opinion(*(value.clone().to(device) for value in kept))
