"""What the classifiers make of every item, brought up to date chunk by chunk."""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.decisions import no_predictions, predictions_from
from lodespace.models.classification.kernel_classifier import KernelClassifier
from lodespace.models.classification.label_spreading import LabelSpreading, share
from lodespace.models.classification.wide_classifier import LABEL_CERTAINTY, WideClassifier
from lodespace.models.features.network import WIDTH
from lodespace.models.item_predictions import UNLABELED, ItemPredictions
from lodespace.models.layout.graph import Graph

CHUNK = 1000
"""Items a unit of work: some 15 ms."""


class TrainingLabels(NamedTuple):
    """What a person has said: `classes` int64 (N,), `trained` the same less those held out, `verified` bool (N,); and over which `graph` it
    spreads, None where there is none."""

    classes: torch.Tensor
    trained: torch.Tensor
    verified: torch.Tensor
    graph: Graph | None = None

    @property
    def has_two_classes(self) -> bool:
        """Whether two classes have labels to learn from."""
        own = self.trained[self.trained != UNLABELED]
        return len(own) > 0 and bool((own != own[0]).any())


class Predictions:
    """probabilities (N, C) and features (N, WIDTH) of all items, as of the last sweep. `complete` is False before the first.

    A sweep goes over all items twice: features and probabilities of the wide classifier; then, since these need all labelled items, what is
    spread over the graph and what the kernel classifier says. What counts is the mean of both classifiers, and the graph by its share:
    with few labels the graph is ahead, then the wide classifier, with many the other (docs/gain.md).
    """

    def __init__(self, n: int, n_classes: int, device: torch.device) -> None:
        self.probabilities = torch.full((n, n_classes), 1 / n_classes, device=device)
        self.features = torch.zeros(n, WIDTH, device=device)
        self.complete = False
        self._newest = no_predictions(n, device)
        self._forget()
        self.order = torch.empty(0, dtype=torch.int64)
        self.position = 0

    def _forget(self) -> None:
        """The second half of a sweep has not begun."""
        self._kernel: KernelClassifier | None = None
        self._belief: torch.Tensor | None = None
        self._spreading: LabelSpreading | None = None
        self._spread: torch.Tensor | None = None
        self._taken_up: tuple[torch.Tensor, int] | None = None

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
        self._forget()

    def step(self, classifier: WideClassifier, labels: TrainingLabels) -> bool:
        """Predict the next chunk. Returns whether the sweep is complete; the labels of that moment are then judged."""
        n = len(self.order)
        if self.position >= n and labels.has_two_classes and not self._prepare_second_pass(labels):
            return False
        first = self.position % n if n else 0
        items = self.order[first : first + CHUNK].to(self.probabilities.device)
        if self.position < n:
            self.probabilities[items], self.features[items] = classifier.probabilities(items)
        elif self._kernel is not None:
            self.probabilities[items] += self._kernel.probabilities(self.features[items])
            self.probabilities[items] /= 2
            if self._spread is not None:
                self.probabilities[items] = torch.lerp(
                    self.probabilities[items], self._spread[items], share(labels.trained)
                )
        self.position += len(items)
        if self.sweeping:
            return False
        self._leave_own_labels_out(labels)
        self.complete = True
        self._forget()
        self._newest = predictions_from(self.probabilities, labels.classes)
        return True

    def _prepare_second_pass(self, labels: TrainingLabels) -> bool:
        """Solve the kernel classifier and spread the labels, a piece of it at a time. Returns whether that was done before."""
        n_classes = self.probabilities.shape[1]
        solving = self._belief is None
        if self._belief is None:
            own = (
                self.probabilities.cpu().gather(1, labels.trained.clamp_min(0)[:, None]).squeeze(1)
            )
            self._belief = torch.where(labels.verified, 1.0, own)
        if self._kernel is None:
            self._kernel = KernelClassifier(
                self.features, labels.trained, self._belief, labels.verified, n_classes
            )
        if solving:
            return False
        if labels.graph is None or self._spread is not None:
            return True
        if self._spreading is None:
            self._spreading = LabelSpreading(labels.graph, labels.trained, n_classes)
            if self._taken_up is not None:
                self._spreading.spread, self._spreading.rounds = self._taken_up
        spread_before = self._spreading.done
        self._spreading.unit()
        if self._spreading.done:
            self._spread = self._spreading.probabilities()
        return spread_before

    def _leave_own_labels_out(self, labels: TrainingLabels) -> None:
        """Of an item whose label the kernel classifier was solved for, take what it says without that label."""
        if self._kernel is None:
            return
        own = self._kernel.items.to(self.probabilities.device)
        part = 0.5 if self._spread is None else 0.5 * (1 - share(labels.trained))
        said = self._kernel.probabilities(self.features[own])
        self.probabilities[own] += part * (self._kernel.left_out - said)

    def label_posterior(self, labels: torch.Tensor) -> torch.Tensor:
        """Probability of each item's class: labelled items 0.9 their label, 0.1 the prediction. (N, C)."""
        posterior = self.probabilities.clone()
        labelled = torch.nonzero(labels != UNLABELED).squeeze(1).to(posterior.device)
        posterior[labelled] *= 1 - LABEL_CERTAINTY
        posterior[labelled, labels[labelled.cpu()].to(posterior.device)] += LABEL_CERTAINTY
        return posterior

    @property
    def newest(self) -> ItemPredictions[torch.Tensor]:
        """Of the last whole sweep."""
        return self._newest

    def tensors(self) -> Tensors:
        return {
            "probabilities": self.probabilities,
            "classifier_features": self.features,
            "sweep_order": self.order,
            **self._half_way(),
            **{f"best_{name}": value for name, value in self._newest._asdict().items()},
        }

    def _half_way(self) -> Tensors:
        """What the second half of a sweep cannot make again from the rest."""
        if self._belief is None:
            return {}
        if self._spreading is None:
            return {"sweep_belief": self._belief}
        rounds = torch.tensor(self._spreading.rounds)
        return {
            "sweep_belief": self._belief,
            "sweep_spread": self._spreading.spread,
            "sweep_rounds": rounds,
        }

    def load(self, tensors: Mapping[str, torch.Tensor], position: int, complete: bool) -> None:
        device = self.probabilities.device
        self.probabilities = tensors["probabilities"].clone().to(device)
        self.features = tensors["classifier_features"].clone().to(device)
        self.order = tensors["sweep_order"].clone()
        self.position, self.complete = position, complete
        self._forget()
        if "sweep_belief" in tensors:
            self._belief = tensors["sweep_belief"].clone()
        if "sweep_spread" in tensors:
            self._taken_up = (
                tensors["sweep_spread"].clone().to(device),
                int(tensors["sweep_rounds"]),
            )
        nothing = no_predictions(len(self.probabilities), device)
        # Checkpoints of before there were margins and doubts hold the first two.
        kept = (tensors.get(f"best_{name}", value) for name, value in nothing._asdict().items())
        self._newest = ItemPredictions(*(value.clone().to(device) for value in kept))
