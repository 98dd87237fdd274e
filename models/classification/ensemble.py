"""Predictions for all items by several classifiers, updated chunk by chunk."""

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
"""Number of items in one unit of work. A unit takes about 15 ms."""


class TrainingLabels(NamedTuple):
    """Labels that the classifiers learn from, and the graph over which labels are spread."""

    classes: torch.Tensor
    """All labels, int64 (N,), UNLABELED for an item without a label."""
    trained: torch.Tensor
    """Labels to train on, int64 (N,), UNLABELED also for held-out items."""
    verified: torch.Tensor
    """Whether a person looked at each item individually when labelling it, bool (N,)."""
    graph: Graph | None = None
    """Neighbour graph; None until it exists."""

    @property
    def has_two_classes(self) -> bool:
        """Whether at least two classes have labels."""
        own = self.trained[self.trained != UNLABELED]
        return len(own) > 0 and bool((own != own[0]).any())


class Predictions:
    """Class probabilities of all items, updated in sweeps.

    A sweep goes over all items twice. The first pass computes features and probabilities of the
    wide classifier. The second pass, which needs the features of all labelled items, adds the
    probabilities of the kernel classifier and of label spreading over the graph. The result is a
    weighted mean: label spreading has its own weight, and both classifiers share the rest equally.
    Label spreading is the most accurate with few labels, the wide classifier with more, and the
    kernel classifier with many (docs/gain.md).
    """

    def __init__(self, n: int, n_classes: int, device: torch.device) -> None:
        """Start without predictions for `n` items. All tensors except `order` are on `device`."""
        self.probabilities = torch.full((n, n_classes), 1 / n_classes, device=device)
        """Class probabilities, float32 (N, C)."""
        self.features = torch.zeros(n, WIDTH, device=device)
        """Features of the wide classifier, float32 (N, WIDTH)."""
        self.complete = False
        """Whether the first sweep has ended."""
        self._newest = no_predictions(n, device)
        self._forget()
        self.order = torch.empty(0, dtype=torch.int64)
        """Items in the order of the sweep, int64 (N,), on the CPU."""
        self.position = 0
        """Number of items done in the current sweep. A sweep has two passes, so it ends at 2 N."""

    def _forget(self) -> None:
        """Discard the results of the kernel classifier and of label spreading."""
        self._kernel: KernelClassifier | None = None
        self._belief: torch.Tensor | None = None
        self._spreading: LabelSpreading | None = None
        self._spread: torch.Tensor | None = None
        self._saved_spreading: tuple[torch.Tensor, int] | None = None

    def set_class_count(self, n_classes: int) -> None:
        """Continue with another number of classes. New classes have probability 0."""
        n, old = self.probabilities.shape
        wider = torch.zeros(n, n_classes, device=self.probabilities.device)
        wider[:, : min(old, n_classes)] = self.probabilities[:, : min(old, n_classes)]
        self.probabilities = wider

    @property
    def sweeping(self) -> bool:
        """Whether a sweep is in progress."""
        return self.position < 2 * len(self.order)

    @property
    def chunks_done(self) -> int:
        """Number of chunks done in the current sweep, which passes over all items twice."""
        return -(-self.position // CHUNK)

    def start_sweep(self, first: torch.Tensor) -> None:
        """Start a sweep with the items `first`, int64 (K,), on the CPU.

        All other items follow in ascending order.
        """
        n = len(self.probabilities)
        rest = torch.ones(n, dtype=torch.bool)
        rest[first] = False
        self.order = torch.cat([first, torch.nonzero(rest).squeeze(1)])
        self.position = 0
        self._forget()

    def step(self, classifier: WideClassifier, labels: TrainingLabels) -> bool:
        """Predict the next chunk. Returns whether the sweep is complete.

        If labels change during a sweep, the doubts about all items are computed with the labels of
        the last call.
        """
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
        """Do a part of the work between the two passes over all items.

        The work consists of solving the kernel classifier and spreading labels. Returns whether no
        work was left.
        """
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
            if self._saved_spreading is not None:
                self._spreading.spread, self._spreading.rounds = self._saved_spreading
        spread_before = self._spreading.done
        self._spreading.unit()
        if self._spreading.done:
            self._spread = self._spreading.probabilities()
        return spread_before

    def _leave_own_labels_out(self, labels: TrainingLabels) -> None:
        """Replace the probabilities of the items that the kernel classifier is fitted to.

        The new probabilities of an item do not depend on the item's own label (leave one out).
        """
        if self._kernel is None:
            return
        own = self._kernel.items.to(self.probabilities.device)
        part = 0.5 if self._spread is None else 0.5 * (1 - share(labels.trained))
        fitted = self._kernel.probabilities(self.features[own])
        self.probabilities[own] += part * (self._kernel.left_out - fitted)

    def label_posterior(self, labels: torch.Tensor) -> torch.Tensor:
        """Return class probabilities (N, C), given labels int64 (N,).

        For a labelled item, the label has the weight 0.9, and the predicted probabilities 0.1.
        """
        posterior = self.probabilities.clone()
        labelled = torch.nonzero(labels != UNLABELED).squeeze(1).to(posterior.device)
        posterior[labelled] *= 1 - LABEL_CERTAINTY
        posterior[labelled, labels[labelled.cpu()].to(posterior.device)] += LABEL_CERTAINTY
        return posterior

    @property
    def newest(self) -> ItemPredictions[torch.Tensor]:
        """Predictions of the last complete sweep."""
        return self._newest

    def tensors(self) -> Tensors:
        """Return the tensors from which the sweep continues."""
        return {
            "probabilities": self.probabilities,
            "classifier_features": self.features,
            "sweep_order": self.order,
            **self._half_way(),
            **{f"best_{name}": value for name, value in self._newest._asdict().items()},
        }

    def _half_way(self) -> Tensors:
        """Return what the second pass over all items has computed so far.

        Tensors that `load` can compute from other tensors are left out.
        """
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
        """Continue from a saved state."""
        device = self.probabilities.device
        self.probabilities = tensors["probabilities"].clone().to(device)
        self.features = tensors["classifier_features"].clone().to(device)
        self.order = tensors["sweep_order"].clone()
        self.position, self.complete = position, complete
        self._forget()
        if "sweep_belief" in tensors:
            self._belief = tensors["sweep_belief"].clone()
        if "sweep_spread" in tensors:
            self._saved_spreading = (
                tensors["sweep_spread"].clone().to(device),
                int(tensors["sweep_rounds"]),
            )
        nothing = no_predictions(len(self.probabilities), device)
        # Old checkpoints have no margins and doubts.
        kept = (tensors.get(f"best_{name}", value) for name, value in nothing._asdict().items())
        self._newest = ItemPredictions(*(value.clone().to(device) for value in kept))
