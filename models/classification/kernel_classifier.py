"""Kernel ridge regression on the wide classifier's features, with noise per label by its doubt.

It fits single labels, where the last layer of the wide classifier is one plane per class: one label
of an odd item changes the prediction of similar items at once. It is solved in closed form, which
also gives its prediction of each label without that label (leave one out; Rasmussen and Williams
2006, equation 5.12). Its part of a doubt therefore does not come from memorised labels.
docs/gain.md has measurements.
"""

import torch
import torch.nn.functional as F

from lodespace.models.batches import evenly
from lodespace.models.item_predictions import UNLABELED

MOST_LABELS = 1000
"""Most labels it is solved for: 1,000 take 20 ms.

Of more, verified ones come first, then as equal a number per class as possible.
"""
NOISE = 0.1
"""Noise variance of a label without doubt, relative to the kernel's variance of 1."""
LEAST_BELIEF = 0.1
SHARPNESS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Candidate factors from scores to logits.

The factor with the lowest cross-entropy on left-out labels is used, which calibrates confidence.
"""


class KernelClassifier:
    """A classifier solved for some labelled items."""

    def __init__(
        self,
        features: torch.Tensor,
        labels: torch.Tensor,
        belief: torch.Tensor,
        verified: torch.Tensor,
        n_classes: int,
    ) -> None:
        """Solve.

        Args:
            features: of all items, float32 (N, F).
            labels: int64 (N,), UNLABELED for an item without a label.
            belief: (N,) in 0..1, probability that each label is right; 1 for verified ones.
            verified: bool (N,).
            n_classes: number of classes C.
        """
        device = features.device
        self.items = chosen(labels, verified)
        """Items it is solved for, int64 (L,)."""
        self._mean = features.mean(dim=0)
        self._deviation = features.std(dim=0, correction=0).clamp_min(1e-4)
        self._rows = self._standardised(features[self.items.to(device)])
        own = labels[self.items].to(device)
        noise = NOISE / belief[self.items].to(device).clamp_min(LEAST_BELIEF)
        kernel = self._kernel(self._rows) + torch.diag(noise)
        target = F.one_hot(own, n_classes).float() - 1 / n_classes
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(kernel))
        self._weights = inverse @ target
        left_out = target - self._weights / inverse.diagonal()[:, None]
        # Each class counts the same: the labels of a region are easy and would make it
        # overconfident.
        say = 1 / torch.bincount(own, minlength=n_classes).clamp_min(1)
        self.sharpness = min(
            SHARPNESS,
            key=lambda s: float(F.cross_entropy(s * left_out, own, weight=say.to(left_out))),
        )
        self.left_out = F.softmax(self.sharpness * left_out, dim=1)
        """Prediction for each of `items` without its own label: (L, C)."""

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Class probabilities (B, C) of items with features (B, F)."""
        return F.softmax(
            self.sharpness * (self._kernel(self._standardised(features)) @ self._weights), dim=1
        )

    def _standardised(self, features: torch.Tensor) -> torch.Tensor:
        return (features - self._mean) / self._deviation

    def _kernel(self, rows: torch.Tensor) -> torch.Tensor:
        squared = (
            rows.square().sum(dim=1)[:, None]
            + self._rows.square().sum(dim=1)
            - 2 * rows @ self._rows.T
        )
        return torch.exp(-squared.clamp_min(0) / rows.shape[1])


def chosen(labels: torch.Tensor, verified: torch.Tensor, most: int = MOST_LABELS) -> torch.Tensor:
    """At most `most` labelled items, int64, ascending.

    Verified ones come first, then others evenly spaced, with as equal a number per class as
    possible.
    """
    labelled = torch.nonzero(labels != UNLABELED).squeeze(1)
    if len(labelled) <= most:
        return labelled
    looked_at = labelled[verified[labelled]]
    if len(looked_at) >= most:
        return evenly(looked_at, most)
    others = labelled[~verified[labelled]]
    own = labels[others]
    room = most - len(looked_at)
    counts = torch.bincount(own)
    share = _fair_share(counts, room)
    drawn = [
        evenly(others[own == c], min(int(counts[c]), share))
        for c in range(len(counts))
        if counts[c]
    ]
    return torch.cat([looked_at, *drawn]).sort().values


def _fair_share(counts: torch.Tensor, room: int) -> int:
    """The largest number per class with which all classes fit into `room`.

    Classes with fewer items contribute all they have.
    """
    low, high = 0, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if int(counts.clamp_max(middle).sum()) <= room else (low, middle - 1)
        )
    return low
