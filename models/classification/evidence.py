"""Evidence for the learned classifiers: their predictions for items that had no label yet.

The learned classifiers cannot leave out a label that they were trained on. But a prediction that
was made before the item got its label does not depend on this label. The classifiers on features
that are not learned (the voices, voices.py) predicted the same item at the same time, so the two
predictions are compared on equal terms.
"""

from collections.abc import Mapping

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.calibration import voice_weights
from lodespace.models.classification.kernel_classifier import chosen
from lodespace.models.classification.label_spreading import share
from lodespace.models.item_predictions import UNLABELED

STRENGTH = 20.0
"""The prior of the learned classifiers' weight counts as much as this number of labels."""
WITHOUT_RECORDS = 0.5
"""Largest weight of the learned classifiers while none of their predictions was compared.

Labels that come at once, such as imported ones, show nothing about the predictions, and the
classifiers have learned them in few steps. With the weight of the prior alone (0.91 to 0.95), 0.940
of the new items of benchmarks/rules_later.py were right on segments (five seeds), and 0.972 on the
digits (one seed). With at most 0.5, the shares were 0.945 and 0.986.
"""
MOST_COMPARED = 300
"""Maximum number of labels that are compared."""


class LearnedEvidence:
    """Earlier predictions of labelled items, from the time before each item got its label.

    Each label has two records: its probability by the learned classifiers, and its probability by
    the voices (voices.py).
    """

    def __init__(self, n: int) -> None:
        """Start without records for `n` items. All tensors are on the CPU."""
        self._own = torch.full((n, 2), torch.nan)
        self._labels = torch.full((n,), UNLABELED, dtype=torch.int16)

    def record(
        self, labels: torch.Tensor, learned: torch.Tensor | None, features: torch.Tensor | None
    ) -> None:
        """Record the predictions of items whose labels have changed since the last call.

        Args:
            labels: current labels, int64 (N,), on the CPU.
            learned: class probabilities of the learned classifiers, (N, C). None if there are no
                complete predictions.
            features: class probabilities of the voices, which use features that are not learned,
                (N, C). None if there are no complete predictions.
        """
        changed = torch.nonzero(labels != self._labels).squeeze(1)
        new = changed[self._labels[changed] == UNLABELED]
        # A class without earlier labels was unknown, so neither prediction could contain it.
        new = new[torch.isin(labels[new], self._labels[self._labels != UNLABELED])]
        self._labels[changed] = labels[changed].to(torch.int16)
        self._own[changed] = torch.nan
        if learned is None or features is None:
            return
        new = new[labels[new] < learned.shape[1]]
        at, classes = new.to(learned.device), labels[new].to(learned.device)
        self._own[new] = torch.stack([learned[at, classes], features[at, classes]], dim=1).cpu()

    def weight(self, labels: torch.Tensor, verified: torch.Tensor) -> float:
        """Return the weight (0..1) of the learned classifiers.

        The voices, which use features that are not learned, have the rest of the weight.

        Args:
            labels: labels that are trained on, int64 (N,), UNLABELED for other items.
            verified: whether a person looked at each item individually, bool (N,).
        """
        expected = 1 - share(labels)
        known = torch.where(self._own[:, 0].isnan(), UNLABELED, labels)
        items = chosen(known, verified, MOST_COMPARED)
        if len(items) == 0:
            return min(expected, WITHOUT_RECORDS)
        prior = torch.tensor([expected, 1 - expected])
        return float(voice_weights(self._own[items], prior, STRENGTH, torch.ones(len(items)))[0])

    def tensors(self) -> Tensors:
        """Return the recorded probabilities and labels, for a saved state."""
        items = torch.nonzero(~self._own[:, 0].isnan()).squeeze(1)
        return {
            "evidence_items": items.to(torch.int32),
            "evidence_recorded": self._own[items],
            "evidence_labels": self._labels,
        }

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Restore what `tensors` returned.

        States of older versions have the probabilities of all items, or no probabilities.
        """
        n = len(self._labels)
        self._own = tensors.get("evidence", torch.full((n, 2), -1.0)).clone()
        self._own[self._own < 0] = torch.nan
        if "evidence_items" in tensors:
            self._own[tensors["evidence_items"].to(torch.int64)] = tensors["evidence_recorded"]
        self._labels = tensors.get("evidence_labels", tensors.get("labels", self._labels)).clone()
