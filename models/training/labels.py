"""The labels of all items, and the items held out to measure the classifiers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.item_predictions import UNLABELED

_HELD_OUT_SHARE = 0.1
_HELD_OUT_FROM = 200
"""Minimum number of labels at which some labels are held out of training, to measure accuracy.

With fewer labels, training uses all of them: each label counts, and fewer than 20 held-out labels
would measure little.
"""
_HELD_OUT_FROM_CLASS = 10
"""Some labels of a class are held out only if it has at least this number of labels. The only label
of a class is worth more than a measurement."""
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
    """Whether a person looked at this item when labelling it, bool (N,).

    A label of a whole region is not verified.
    """
    accepted: torch.Tensor
    """Whether the label is a prediction that a person accepted without looking, bool (N,)."""
    reviewed: torch.Tensor
    """Whether a person looked at the item after it had a label that nobody had verified, bool (N,).
    """
    corrected: torch.Tensor
    """Whether the person replaced this label, bool (N,). A subset of `reviewed`."""

    @classmethod
    def of(cls, classes: torch.Tensor) -> "ItemLabels":
        """Return labels from classes int64 (N,), with weight 1, neither verified nor accepted."""
        none = torch.zeros(len(classes), dtype=torch.bool)
        return cls(classes, torch.ones(len(classes)), none, none, none, none)

    @classmethod
    def checked(
        cls,
        labels: npt.NDArray[np.int16],
        weights: npt.NDArray[np.float32] | None,
        verified: npt.NDArray[np.bool_] | None,
        accepted: npt.NDArray[np.bool_] | None = None,
        *,
        n_items: int,
        n_classes: int,
    ) -> "ItemLabels":
        """Check and return labels (N,). By default, labels have weight 1, and are neither verified
        nor accepted.

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
        marks = {"verified": verified, "accepted": accepted}
        for name, mark in marks.items():
            if mark is not None and mark.shape != labels.shape:
                raise ValueError(f"`{name}` must have the shape ({n_items},), not {mark.shape}")
        if len(labels) and (int(labels.max()) >= n_classes or int(labels.min()) < UNLABELED):
            raise ValueError(
                f"labels must be from -1 (no label) to {n_classes - 1}; to use a larger number,"
                " add the class first"
            )
        classes = torch.from_numpy(labels.astype(np.int64))
        labelled = classes != UNLABELED
        none = torch.zeros_like(labelled)
        of_person, taken = (
            none if mark is None else torch.from_numpy(mark.astype(np.bool_)) & labelled
            for mark in marks.values()
        )
        return cls(
            classes, torch.from_numpy(weights.astype(np.float32)), of_person, taken, none, none
        )

    def after(self, before: "ItemLabels") -> "ItemLabels":
        """Return these labels, which replace `before`, with the fields `reviewed` and `corrected`.

        Both fields know only the labels that training has received. A label that was given and
        replaced between two calls is not counted.
        """
        unsure = (before.classes != UNLABELED) & ~before.verified & ~before.accepted
        replaced = unsure & (self.classes != before.classes)
        return replace(
            self,
            reviewed=self.verified & (self.reviewed | before.reviewed | unsure),
            corrected=self.verified & (self.corrected | before.corrected | replaced),
        )

    def equals(self, other: "ItemLabels") -> bool:
        """Whether all arrays equal those of `other`."""
        return (
            torch.equal(self.classes, other.classes)
            and torch.equal(self.weights, other.weights)
            and torch.equal(self.verified, other.verified)
            and torch.equal(self.accepted, other.accepted)
        )

    def teaches_like(self, other: "ItemLabels") -> bool:
        """Whether training on these labels is the same as training on `other`."""
        labelled = self.given != UNLABELED
        return (
            torch.equal(self.given, other.given)
            and torch.equal(self.weights[labelled], other.weights[labelled])
            and torch.equal(self.verified[labelled], other.verified[labelled])
        )

    @cached_property
    def any(self) -> bool:
        """Whether any item has a label."""
        return bool((self.classes != UNLABELED).any())

    @cached_property
    def given(self) -> torch.Tensor:
        """Labels from a person, int64 (N,): all labels except accepted predictions.

        An accepted label repeats what the classifiers already predict. If the classifiers learned
        from accepted labels, thousands of easy items would have more weight than the few items that
        a person looked at (docs/model.md). The accepted labels of a class without other labels are
        kept, because no other labels define the class.
        """
        if not bool(self.accepted.any()):
            return self.classes
        labelled = self.classes != UNLABELED
        named = self.classes[labelled & ~self.accepted].unique()
        repeats = self.accepted & torch.isin(self.classes, named)
        return torch.where(repeats, UNLABELED, self.classes)

    @cached_property
    def held_out(self) -> torch.Tensor | None:
        """Which labelled items are held out of training to measure accuracy, bool (N,).

        None while there are too few labels. The items that may be held out are a tenth of all
        items, spread over the data set. This tenth is fixed: it does not depend on the labels. Of a
        class with few labels, no item is held out.
        """
        labelled = self.given != UNLABELED
        if int(labelled.sum()) < _HELD_OUT_FROM:
            return None
        item = torch.arange(len(labelled), dtype=torch.float64)
        many = torch.bincount(self.given[labelled]) >= _HELD_OUT_FROM_CLASS
        enough = labelled & many[self.given.clamp_min(0)]
        return enough & ((item * _GOLDEN_RATIO) % 1 < _HELD_OUT_SHARE)

    @cached_property
    def trained(self) -> torch.Tensor:
        """Labels to train on, int64 (N,): `given` without the held-out labels."""
        held_out = self.held_out
        return self.given if held_out is None else torch.where(held_out, UNLABELED, self.given)

    def tensors(self) -> Tensors:
        """Return the arrays under the names that they have in a saved state."""
        return {
            "labels": self.classes.to(torch.int16),
            "label_weights": self.weights,
            "verified": self.verified,
            "accepted": self.accepted,
            "reviewed": self.reviewed,
            "corrected": self.corrected,
        }

    @classmethod
    def load(cls, tensors: Mapping[str, torch.Tensor]) -> "ItemLabels":
        """Return the labels of a saved state.

        States of older versions lack some of the marks.
        """
        classes = tensors["labels"].to(torch.int64)
        none = torch.zeros(len(classes), dtype=torch.bool)
        names = ("verified", "accepted", "reviewed", "corrected")
        marks = (tensors.get(name, none).clone() for name in names)
        return cls(classes, tensors["label_weights"].clone(), *marks)
