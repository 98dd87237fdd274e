"""What the classifiers make of every item, brought up to date chunk by chunk."""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from lodespace.models.dataset import UNLABELED
from lodespace.models.features import WIDTH
from lodespace.models.kernel_classifier import KernelClassifier
from lodespace.models.opinion import Opinion, no_opinion, opinion_of
from lodespace.models.state import Tensors
from lodespace.models.wide_classifier import LABEL_CERTAINTY, WideClassifier

CHUNK = 1000
"""Items a unit of work: some 15 ms."""


class Taught(NamedTuple):
    """What a person has said: `labels` int64 (N,), `trained` the same less those held out, `verified` bool (N,)."""

    labels: torch.Tensor
    trained: torch.Tensor
    verified: torch.Tensor


class Predictions:
    """probabilities (N, C) and features (N, WIDTH) of all items, as of the last sweep. `known` is False before the first.

    A sweep goes over all items twice: features and probabilities of the wide classifier, then those of the finer one, which needs
    the features of all labelled items; the mean of both is what counts. With few labels the first is ahead, with many the second
    (docs/gain.md).
    """

    def __init__(self, n: int, n_classes: int, device: torch.device) -> None:
        self.probabilities = torch.full((n, n_classes), 1 / n_classes, device=device)
        self.features = torch.zeros(n, WIDTH, device=device)
        self.known = False
        self._opinion = no_opinion(n, device)
        self._finer: KernelClassifier | None = None
        self.order = torch.empty(0, dtype=torch.int64)
        self.position = 0

    def set_class_count(self, n_classes: int) -> None:
        n, old = self.probabilities.shape
        wider = torch.zeros(n, n_classes, device=self.probabilities.device)
        wider[:, : min(old, n_classes)] = self.probabilities[:, : min(old, n_classes)]
        self.probabilities = wider

    @property
    def sweeping(self) -> bool:
        return self.position < 2 * len(self.order)

    @property
    def chunks_done(self) -> int:
        return -(-self.position // CHUNK)

    def start_sweep(self, first: torch.Tensor) -> None:
        """Begin anew with the items `first` (int64 (K,), on the CPU), then all others in order."""
        n = len(self.probabilities)
        rest = torch.ones(n, dtype=torch.bool)
        rest[first] = False
        self.order = torch.cat([first, torch.nonzero(rest).squeeze(1)])
        self.position = 0
        self._finer = None

    def unit(self, classifier: WideClassifier, taught: Taught) -> bool:
        """Predict the next chunk. Returns whether the sweep is complete; the labels of that moment are then judged."""
        n = len(self.order)
        first = self.position % n if n else 0
        items = self.order[first : first + CHUNK].to(self.probabilities.device)
        if self.position < n:
            self.probabilities[items], self.features[items] = classifier.probabilities(items)
        else:
            if self._finer is None:
                self._finer = self._solved(taught)
            if self._finer is not None:
                self.probabilities[items] += self._finer.probabilities(self.features[items])
                self.probabilities[items] /= 2
        self.position += len(items)
        if self.sweeping:
            return False
        if self._finer is not None:
            # Of a label it was solved for, what is said without that label.
            own = self._finer.items.to(self.probabilities.device)
            said = self._finer.probabilities(self.features[own])
            self.probabilities[own] += (self._finer.left_out - said) / 2
        self.known = True
        self._finer = None
        self._opinion = opinion_of(self.probabilities, taught.labels)
        return True

    def _solved(self, taught: Taught) -> KernelClassifier | None:
        """The finer classifier; None while there are not two classes to tell apart."""
        labels = taught.trained
        labelled = labels[labels != UNLABELED]
        if len(labelled) == 0 or bool((labelled == labelled[0]).all()):
            return None
        n_classes = self.probabilities.shape[1]
        own = self.probabilities.cpu().gather(1, labels.clamp_min(0)[:, None]).squeeze(1)
        belief = torch.where(taught.verified, 1.0, own)
        return KernelClassifier(self.features, labels, belief, taught.verified, n_classes)

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
