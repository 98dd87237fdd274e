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
"""Minimum number of labels at which some labels are held out of training, to measure accuracy.

With fewer labels, training uses all of them.
"""
_GOLDEN_RATIO = 0.6180339887498949
"""Golden ratio minus 1. Multiples of this number, modulo 1, are spread evenly over 0..1."""


@dataclass(frozen=True, eq=False)
class ItemLabels:
    """Labels of N items, on the CPU."""

    classes: torch.Tensor
    """Class of each item, int64 (N,); UNLABELED for an item without a label."""
    weights: torch.Tensor
    """Weight of each label in the loss, float32 (N,)."""
    verified: torch.Tensor
    """Whether a person labelled the item while looking at this item only, bool (N,)."""

    @classmethod
    def of(cls, classes: torch.Tensor) -> "ItemLabels":
        """Return labels of the classes int64 (N,), with weight 1 and not verified."""
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
        """Check and return labels (N,). By default, labels have weight 1 and are not verified.

        Raises:
            ValueError: when a label is not a class, a weight is negative or not finite, or an array
                has another shape.
        """
        if labels.shape != (n_items,):
            raise ValueError(f"labels must have the shape ({n_items},), not {labels.shape}")
        if weights is None:
            weights = np.ones(n_items, np.float32)
        if weights.shape != labels.shape or not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError(f"weights must be finite, 0 or more, and have the shape ({n_items},)")
        if verified is None:
            verified = np.zeros(n_items, np.bool_)
        if verified.shape != labels.shape:
            raise ValueError(f"`verified` must have the shape ({n_items},), not {verified.shape}")
        if len(labels) and (int(labels.max()) >= n_classes or int(labels.min()) < UNLABELED):
            raise ValueError(
                f"labels must be from -1 (no label) to {n_classes - 1}; to use a larger number,"
                " make the class first"
            )
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
        """Which labelled items are held out of training to measure accuracy, bool (N,).

        None while there are too few labels. The items that may be held out are a tenth of all
        items, spread over the data set. This tenth is fixed: it does not depend on the labels.
        """
        labelled = self.classes != UNLABELED
        if int(labelled.sum()) < _HELD_OUT_FROM:
            return None
        item = torch.arange(len(labelled), dtype=torch.float64)
        return labelled & ((item * _GOLDEN_RATIO) % 1 < _HELD_OUT_SHARE)

    @cached_property
    def trained(self) -> torch.Tensor:
        """Labels to train on, int64 (N,); UNLABELED for held-out and for unlabelled items."""
        held_out = self.held_out
        return self.classes if held_out is None else torch.where(held_out, UNLABELED, self.classes)

    def tensors(self) -> Tensors:
        """Return the arrays under the names that they have in a saved state."""
        return {
            "labels": self.classes.to(torch.int16),
            "label_weights": self.weights,
            "verified": self.verified,
        }

    @classmethod
    def load(cls, tensors: Mapping[str, torch.Tensor]) -> "ItemLabels":
        """Return the labels of a saved state. States of older versions have no verified labels."""
        classes = tensors["labels"].to(torch.int64)
        verified = tensors.get("verified", torch.zeros(len(classes), dtype=torch.bool))
        return cls(classes, tensors["label_weights"].clone(), verified.clone())
