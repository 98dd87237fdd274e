"""The labels of all items, and the items held out to measure the classifiers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.item_predictions import UNLABELED

_HELD_OUT_SHARE = 0.1
_HELD_OUT_FROM = 50
"""Minimum number of labels at which a tenth of them is held out of training for measuring."""
_GOLDEN_RATIO = 0.6180339887498949
"""Its multiples, modulo 1, spread evenly over 0..1."""


@dataclass(frozen=True, eq=False)
class ItemLabels:
    """Labels of N items, on the CPU."""

    classes: torch.Tensor
    """int64 (N,), UNLABELED for an item without a label."""
    weights: torch.Tensor
    """float32 (N,), weight of each label in the loss."""
    verified: torch.Tensor
    """bool (N,), whether a person labelled the item while looking at it alone."""

    @classmethod
    def of(cls, classes: torch.Tensor) -> "ItemLabels":
        """Return labels int64 (N,) of weight 1 that are not verified."""
        n = len(classes)
        return cls(classes, torch.ones(n), torch.zeros(n, dtype=torch.bool))

    @classmethod
    def checked(
        cls,
        labels: npt.NDArray[np.int16],
        weights: npt.NDArray[np.float32] | None,
        verified: npt.NDArray[np.bool_] | None,
        *,
        n_items: int,
        n_classes: int,
    ) -> "ItemLabels":
        """Return labels (N,). By default they have weight 1 and are not verified.

        Raises:
            ValueError: when a label is not a class, or a weight is negative or not finite.
        """
        if labels.shape != (n_items,):
            raise ValueError(f"labels must be ({n_items},), not {labels.shape}")
        if weights is None:
            weights = np.ones(n_items, np.float32)
        if weights.shape != labels.shape or not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError(f"weights must be ({n_items},), 0 or more, and finite")
        if verified is None:
            verified = np.zeros(n_items, np.bool_)
        if verified.shape != labels.shape:
            raise ValueError(f"verified must be ({n_items},), not {verified.shape}")
        if len(labels) and (int(labels.max()) >= n_classes or int(labels.min()) < UNLABELED):
            raise ValueError(f"labels must be -1 to {n_classes - 1}; make the class first")
        classes = torch.from_numpy(labels.astype(np.int64))
        return cls(
            classes,
            torch.from_numpy(weights.astype(np.float32)),
            torch.from_numpy(verified.astype(np.bool_)) & (classes != UNLABELED),
        )

    def equals(self, other: "ItemLabels") -> bool:
        """Whether all arrays equal those of `other`."""
        return (
            torch.equal(self.classes, other.classes)
            and torch.equal(self.weights, other.weights)
            and torch.equal(self.verified, other.verified)
        )

    @cached_property
    def any(self) -> bool:
        """Whether any item has a label."""
        return bool((self.classes != UNLABELED).any())

    @cached_property
    def held_out(self) -> torch.Tensor | None:
        """Labelled items for measuring accuracy, which are not trained on, bool (N,).

        None while there are too few labels. The items that may be held out are a fixed, scattered
        tenth of all items. They do not depend on when an item was labelled.
        """
        labelled = self.classes != UNLABELED
        if int(labelled.sum()) < _HELD_OUT_FROM:
            return None
        item = torch.arange(len(labelled), dtype=torch.float64)
        return labelled & ((item * _GOLDEN_RATIO) % 1 < _HELD_OUT_SHARE)

    @cached_property
    def trained(self) -> torch.Tensor:
        """Labels to train on, int64 (N,), UNLABELED for held-out items."""
        held_out = self.held_out
        return self.classes if held_out is None else torch.where(held_out, UNLABELED, self.classes)

    def tensors(self) -> Tensors:
        """Return the arrays by their names in a saved state."""
        return {
            "labels": self.classes.to(torch.int16),
            "label_weights": self.weights,
            "verified": self.verified,
        }

    @classmethod
    def load(cls, tensors: Mapping[str, torch.Tensor]) -> "ItemLabels":
        """Return the labels of a saved state. Old states have no array of verified labels."""
        classes = tensors["labels"].to(torch.int64)
        verified = tensors.get("verified", torch.zeros(len(classes), dtype=torch.bool))
        return cls(classes, tensors["label_weights"].clone(), verified.clone())
