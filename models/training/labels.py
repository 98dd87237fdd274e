"""The labels of all items, as given from outside and checked."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.dataset import UNLABELED


class ItemLabels(NamedTuple):
    """Labels of N items, on the CPU."""

    classes: torch.Tensor
    """int64 (N,), UNLABELED for an item without a label."""
    weights: torch.Tensor
    """float32 (N,), weight of each label in the loss."""
    verified: torch.Tensor
    """bool (N,), whether a person labelled the item while looking at it alone."""

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
        """Labels (N,), with weight 1 and not verified where these are None.

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
        """Whether all arrays are the same."""
        return all(map(torch.equal, self, other))
