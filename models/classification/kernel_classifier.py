"""The finer classifier: kernel ridge regression on the wide classifier's features, with as much noise a label as it is doubted.

It looks at single labels where the wide classifier's last layer draws a plane a class: what a person says of one odd item changes at
once what is predicted of those like it. Solved in closed form, so that what it would say of each label without that label is known, too
(leave one out; Rasmussen and Williams 2006, equation 5.12): its part of a doubt does not come from labels learned by heart. Measured in
docs/gain.md.
"""

import torch
import torch.nn.functional as F

from lodespace.models.batches import evenly
from lodespace.models.item_predictions import UNLABELED

MOST_LABELS = 1000
"""Labels it is solved for: 1,000 take 20 ms. Of more, verified ones first, and as many of each class as there can be."""
NOISE = 0.1
"""Variance of a label that is believed, beside the kernel's 1."""
LEAST_BELIEF = 0.1
SHARPNESS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Factors from scores to logits, of which the one is taken that tells left-out labels best: that makes confidence mean what it says."""


class KernelClassifier:
    """Solved for `items` int64 (L,) of all features (N, F); `belief` (N,) in 0..1: how far each label is believed, 1 for verified ones."""

    def __init__(
        self,
        features: torch.Tensor,
        labels: torch.Tensor,
        belief: torch.Tensor,
        verified: torch.Tensor,
        n_classes: int,
    ) -> None:
        device = features.device
        self.items = chosen(labels, verified)
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
        # Each class has the same say: a region's labels are easy, and would make it sure of everything.
        say = 1 / torch.bincount(own, minlength=n_classes).clamp_min(1)
        self.sharpness = min(
            SHARPNESS,
            key=lambda s: float(F.cross_entropy(s * left_out, own, weight=say.to(left_out))),
        )
        self.left_out = F.softmax(self.sharpness * left_out, dim=1)
        """What it says of each of `items` when that label is left out: (L, C)."""

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Of items with features (B, F): (B, C)."""
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
    """At most `most` labelled items, int64, ascending: verified ones first, then others evenly drawn, as many a class as there can be."""
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
    """The largest number a class so that all fit into `room`, where classes that have fewer give all they have."""
    low, high = 0, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if int(counts.clamp_max(middle).sum()) <= room else (low, middle - 1)
        )
    return low
