"""Predictions for all items by several classifiers, updated chunk by chunk."""

from collections.abc import Mapping

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.class_probabilities import ClassProbabilities
from lodespace.models.classification.decisions import given_labels, no_predictions, own_left_out
from lodespace.models.classification.evidence import LearnedEvidence
from lodespace.models.classification.item_features import CHUNK, ItemFeatures
from lodespace.models.classification.kernel_classifier import BelievedLabels, KernelClassifier
from lodespace.models.classification.label_noise import LabelNoise
from lodespace.models.classification.label_posterior import posterior_of
from lodespace.models.classification.newest_predictions import NewestPredictions
from lodespace.models.classification.sweep_order import SweepOrder
from lodespace.models.classification.training_labels import TrainingLabels
from lodespace.models.classification.voices import FeatureVoices
from lodespace.models.classification.wide_classifier import WideClassifier
from lodespace.models.item_predictions import UNLABELED, ItemPredictions
from lodespace.models.work_units import is_power_of_two, items_of_network, items_per_unit

_DONE = ("sweep_units", "sweep_rounds", "sweep_parts", "sweep_prepared")
"""Names under which a saved state has the numbers of `FeatureVoices.done_so_far`."""


class Predictions:
    """Class probabilities of all items, updated in sweeps.

    A sweep goes over all items twice. The first pass computes features and probabilities of the
    wide classifier. The second pass adds a kernel classifier on these features, and classifiers on
    features that are not learned (the voices, voices.py). The result is a weighted mean of the
    learned classifiers and the voices. Their weights depend on earlier predictions, made for items
    that a person labelled later: more accurate predictions give more weight (evidence.py).

    For an item that is trained on, only the voices give the probabilities, because the voices do
    not depend on the item's own label. The learned classifiers may have memorised this label.
    """

    def __init__(self, n: int, n_classes: int, device: torch.device, *, workers: int = 1) -> None:
        """Start without predictions for `n` items. All tensors are on `device`.

        `workers` is the number of processes that predict together.
        """
        self._per_unit = workers * items_per_unit(n, CHUNK)
        self._combined = ClassProbabilities(n, n_classes, device)
        self.features = ItemFeatures(n, device)
        """Features of the wide classifier."""
        self.revision = 0
        """Number that increases whenever `probabilities` may have changed."""
        self.complete = False
        """Whether at least one sweep has been completed."""
        self.learned_weight = 0.0
        """Weight of the learned classifiers in the newest second pass, 0 to 1."""
        self.view_likelihoods: list[float] = []
        """Log-likelihood of the left-out labels in each view after the newest sweep, in nats."""
        self.evidence = LearnedEvidence(n)
        """Predictions of labelled items that were made before the labels were given."""
        self._learned = ClassProbabilities(n, n_classes, device, coarse=True)
        self._voiced = ClassProbabilities(n, n_classes, device, coarse=True)
        self._shown = NewestPredictions(n, device)
        self._forget()
        self.order = SweepOrder(n)
        """Order in which the current sweep treats the items."""
        self.position = 0
        """Number of items done in the current sweep, which ends at 2 N because it has two passes.
        """

    def _forget(self) -> None:
        """Discard the results of the kernel classifier and of the classifiers in voices.py."""
        self._kernel: KernelClassifier | None = None
        self._belief: torch.Tensor | None = None
        self._voices: FeatureVoices | None = None
        self._saved_voices: tuple[torch.Tensor, list[int]] | None = None

    def set_class_count(self, n_classes: int) -> None:
        """Continue with another number of classes. New classes have probability 0."""
        self.revision += 1
        for each in (self._combined, self._learned, self._voiced):
            each.set_class_count(n_classes)

    @property
    def probabilities(self) -> torch.Tensor:
        """Class probabilities, float32 (N, C), without the effect of each item's own label."""
        return self._combined.values

    @property
    def sweeping(self) -> bool:
        """Whether a sweep is in progress."""
        return self.position < 2 * len(self.order.items)

    @property
    def has_news(self) -> bool:
        """Whether the map should use the probabilities now, in the middle of a sweep.

        True when the number of finished units of the second pass is 1, 2, 4, 8 and so on. A pass
        has at most UNITS_PER_PASS units, so the number of updates of the map does not grow with the
        number of items.
        """
        return is_power_of_two(-((len(self.order.items) - self.position) // self._per_unit))

    def labels_given(self, labels: torch.Tensor) -> None:
        """Record the earlier predictions of items with new labels. `labels` is int64 (N,)."""
        known = self.complete and not self.sweeping
        found = (self._learned.values, self._voiced.values) if known else (None, None)
        self.evidence.record(labels, *found)

    def start_sweep(self, first: torch.Tensor) -> None:
        """Start a sweep, in which all items are predicted.

        The items `first`, int64 (K,) on the CPU, come first. All others follow in ascending order.
        """
        self.order.start(first)
        self.position = 0
        self.features.start_sweep()
        self._forget()

    def step(self, classifier: WideClassifier, labels: TrainingLabels) -> bool:
        """Do the next unit of work, in which one or more chunks of items are predicted.

        Returns whether the sweep is complete.

        If labels change during a sweep, the doubts about all items are computed with the labels of
        the last call.
        """
        n = len(self.order.items)
        if self.position >= n and labels.has_two_classes:
            features = self.features.known(classifier)
            if not self._prepare_second_pass(features, labels):
                return False
        first = self.position % n if n else 0
        kind = classifier.dataset.kind
        count = items_of_network(self._per_unit, kind) if self.position < n else self._per_unit
        unit = self.order.items[first : first + count]
        if self.position < n:
            self._first_pass(unit, classifier)
        else:
            for items in unit.to(self.probabilities.device).split(CHUNK):
                self._second_pass(items, labels.trained, self.features.known(classifier))
        self.revision += self.position >= n
        self.position += len(unit)
        if self.sweeping:
            self._show_part(labels)
            return False
        if self._voices is None:
            self._leave_own_labels_out(self.features.known(classifier))
        self.view_likelihoods = [] if self._voices is None else self._voices.view_likelihoods
        self.complete = True
        self._forget()
        self._shown.update(self.probabilities, labels)
        return True

    def _first_pass(self, unit: torch.Tensor, classifier: WideClassifier) -> None:
        """Predict the items `unit`, int64 (B,), with the wide classifier."""
        team, there = classifier.dataset.team, unit.to(self.probabilities.device)
        if team is not None:
            learned, features = classifier.probabilities_by(team, unit, CHUNK)
            self._learned.put(there, learned)
            self.features.put(there, features)
            return
        for items in there.split(CHUNK):
            learned, features = classifier.probabilities(items)
            self._learned.put(items, learned)
            self.features.put(items, features)

    def _show_part(self, labels: TrainingLabels) -> None:
        """With many items, show the new predictions of finished items whenever the map uses them.

        Nothing is shown without voices, because the predictions of labelled items are then not
        final before the end of the sweep (`_leave_own_labels_out`).
        """
        n = len(self.order.items)
        done, many = self.position - n, items_per_unit(n, CHUNK) > CHUNK
        if many and self.has_news and self._voices is not None and done >= self.order.first_count:
            items = self.order.items[:done].to(self.probabilities.device)
            self._shown.update(self.probabilities, labels, items)

    def _second_pass(
        self, items: torch.Tensor, trained: torch.Tensor, features: torch.Tensor
    ) -> None:
        """Combine the predictions of items int64 (B,).

        `trained` has the labels to train on, int64 (N,). `features` has the features of all items,
        (N, WIDTH).
        """
        learned = self._learned.values[items]
        if self._kernel is not None:
            learned += self._kernel.probabilities(features[items])
            learned = self._learned.put(items, learned / 2)
        if self._voices is None:
            self._voiced.put(items, learned)
            self._combined.put(items, learned)
            return
        fine = self._voices.probabilities(items)
        labelled = (trained[items.cpu()] != UNLABELED).to(items.device)[:, None]
        # A snapshot has no means of coarse probabilities, because they can be computed again. The
        # doubts about labels need small probabilities.
        mean = torch.lerp(self._voiced.put(items, fine), learned, self.learned_weight)
        self._combined.put(items, torch.where(labelled, fine, mean))

    def _prepare_second_pass(self, features: torch.Tensor, labels: TrainingLabels) -> bool:
        """Do a part of the work between the two passes over all items.

        The work is to fit the kernel classifier and the voices (voices.py). Returns True, and does
        nothing, if all of this work is done already.
        """
        solving = self._belief is None
        if self._belief is None:
            self._belief = self.belief(labels.trained, labels.verified)
            if labels.weights is not None:
                self._belief = self._belief * labels.weights.to(self._belief.device)
        believed = BelievedLabels(
            labels.trained,
            self._belief,
            labels.verified,
            self.probabilities.shape[1],
            labels.weights,
        )
        if self._kernel is None:
            self._kernel = KernelClassifier(features, believed)
        if labels.graph is None or not labels.views:
            return not solving
        if self._voices is None:
            self._voices = FeatureVoices(labels.views, labels.graph, believed, labels.rows)
            self.learned_weight = self.evidence.weight(labels.trained, labels.verified)
            if self._saved_voices is not None:
                self._voices.resume(*self._saved_voices)
        if solving:
            return False
        done = self._voices.done
        if not done:
            self._voices.unit()
        return done

    def _leave_own_labels_out(self, features: torch.Tensor) -> None:
        """Replace the probabilities of the items that the kernel classifier is fitted to.

        The new probabilities of an item do not depend on the item's own label (leave one out).
        """
        if self._kernel is None:
            return
        own = self._kernel.items.to(self.probabilities.device)
        fitted = self._kernel.probabilities(features[own])
        left_out = self.probabilities[own] + 0.5 * (self._kernel.left_out - fitted)
        self._combined.put(own, left_out)

    def given(self, labels: torch.Tensor) -> torch.Tensor:
        """Return class probabilities (N, C) that take labels int64 (N,) into account."""
        return given_labels(self.probabilities, labels, self._shown.noise)

    def belief(self, labels: torch.Tensor, verified: torch.Tensor) -> torch.Tensor:
        """Return the probability that each label is right, float32 (N,), on the CPU.

        The probability is 1 for verified labels, and for all labels before there are predictions.

        Args:
            labels: int64 (N,), UNLABELED for an item without a label.
            verified: whether a person looked at each item individually, bool (N,).
        """
        belief = torch.ones(len(labels))
        if not self.complete:
            return belief
        own, items, _ = own_left_out(self.probabilities, labels)
        doubt = self._shown.noise.doubts(own, self.probabilities.shape[1])
        belief[items.cpu()] = 1 - doubt.cpu()
        return torch.where(verified, 1.0, belief)

    def label_posterior(
        self,
        labels: torch.Tensor,
        items: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return class probabilities, given labels int64 (N,) (`posterior_of`)."""
        return posterior_of(self.probabilities, labels, items, weights)

    @property
    def newest(self) -> ItemPredictions[torch.Tensor]:
        """Predictions of the last complete sweep. With many items, some are of the current one."""
        return self._shown.values

    def tensors(self) -> Tensors:
        """Return what `load` needs, also during a sweep."""
        return {
            **self.order.tensors(),
            **self._combined.tensors("probabilities"),
            **self._learned.tensors("learned_probabilities"),
            **self._voiced.tensors("voiced_probabilities"),
            **self._shown.noise.tensors(),
            "learned_weight": torch.tensor(self.learned_weight, dtype=torch.float64),
            **self.evidence.tensors(),
            **self._half_way(),
            **{f"best_{name}": value for name, value in self._shown.values._asdict().items()},
        }

    def _half_way(self) -> Tensors:
        """Return what the second pass over all items has computed so far.

        Tensors that `load` can compute from other tensors are left out.
        """
        if self._belief is None:
            return {}
        if self._voices is None:
            return {"sweep_belief": self._belief}
        return {
            "sweep_belief": self._belief,
            "sweep_spread": self._voices.spreading.spread,
            **dict(zip(_DONE, map(torch.tensor, self._voices.done_so_far), strict=True)),
        }

    def load(self, tensors: Mapping[str, torch.Tensor], position: int, complete: bool) -> None:
        """Restore a saved state.

        Args:
            tensors: tensors that the method `tensors` returned.
            position: value of the field `position` when the state was saved.
            complete: value of the field `complete` when the state was saved.
        """
        device = self.probabilities.device
        self.revision += 1
        self._combined.load("probabilities", tensors)
        self.order.load(tensors)
        self.position, self.complete = position, complete
        self.features.load(tensors, self.order.items[:position])
        self._forget()
        self._load_voices(tensors)
        nothing = no_predictions(len(self.probabilities), device)
        # Checkpoints of older versions have no margins and doubts.
        kept = (tensors.get(f"best_{name}", value) for name, value in nothing._asdict().items())
        self._shown.values = ItemPredictions(*(value.clone().to(device) for value in kept))

    def _load_voices(self, tensors: Mapping[str, torch.Tensor]) -> None:
        self.evidence.load(tensors)
        if not self._learned.load("learned_probabilities", tensors):
            # States of older versions lack these tensors. An unfinished sweep starts again.
            self._learned.load("probabilities", tensors)
            self._voiced.load("probabilities", tensors)
            self._shown.noise = LabelNoise()
            self.position = 0 if self.sweeping else self.position
            return
        self._voiced.load("voiced_probabilities", tensors)
        self._shown.noise = LabelNoise.load(tensors)
        self.learned_weight = float(tensors.get("learned_weight", 0))
        if "sweep_belief" in tensors:
            self._belief = tensors["sweep_belief"].clone()
        if "sweep_units" in tensors:
            # States of older versions lack the last two numbers.
            done = [int(tensors.get(name, 0)) for name in _DONE]
            spread = tensors["sweep_spread"].clone()
            self._saved_voices = spread.to(self.probabilities.device), done
