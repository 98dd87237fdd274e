"""Kernel ridge regression on features of the wide classifier, with more noise on doubted labels.

The wide classifier ends in a linear layer, which a single label hardly changes. With a kernel, one
label of an unusual item changes the predictions of similar items at once. The closed-form solution
also gives the prediction of each labelled item without its own label (leave one out; Rasmussen and
Williams 2006, equation 5.12). The doubt about a label is therefore independent of this label.
docs/gain.md has measurements.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F

from lodespace.models.batches import evenly
from lodespace.models.deviation import deviation_of
from lodespace.models.device import algebra_device
from lodespace.models.item_predictions import UNLABELED

MOST_LABELS = 1000
"""Maximum number of labels that the classifier is fitted to; 1,000 labels take 20 ms.

If there are more labels, verified labels are chosen first. The rest are other labels, about the
same number per class.
"""
NOISE = 0.1
"""Noise variance of a label without doubt, relative to the kernel's variance of 1."""
LEAST_BELIEF = 0.1
"""Lower bound of the belief in a label. The belief is the probability that the label is right.

The noise variance of a label is NOISE divided by the belief.
"""
SHARPNESS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Candidate factors that convert the scores of the kernel regression to logits.

The factor with the lowest cross-entropy on left-out labels is used. This calibrates the confidence.
"""


class BelievedLabels(NamedTuple):
    """Labels of N items on the CPU, with the probability that each label is right."""

    classes: torch.Tensor
    """Labels, int64 (N,), UNLABELED for an item without a label."""
    belief: torch.Tensor
    """Probability that each label is right, (N,), 0 to 1; 1 for verified labels."""
    verified: torch.Tensor
    """Whether a person looked at each item individually, bool (N,)."""
    n_classes: int
    """Number of classes C."""
    weights: torch.Tensor | None = None
    """Weight of each label (N,), with which it is spread; None for ones."""

    def chosen(self, most: int) -> torch.Tensor:
        """Return at most `most` labelled items, int64, ascending (see the function `chosen`)."""
        return chosen(self.classes, self.verified, most)


class KernelClassifier:
    """Kernel classifier, fitted to at most MOST_LABELS of the labelled items."""

    def __init__(self, features: torch.Tensor, labels: BelievedLabels) -> None:
        """Fit the classifier to `labels` of the items with `features`, float32 (N, F)."""
        device, n_classes = features.device, labels.n_classes
        self.items = labels.chosen(MOST_LABELS)
        """The labelled items that the classifier is fitted to, int64 (L,)."""
        self._mean = features.mean(dim=0)
        self._deviation = deviation_of(features, self._mean).clamp_min(1e-4)
        self._rows = self._standardised(features[self.items.to(device)])
        own = labels.classes[self.items].to(device)
        noise = NOISE / labels.belief[self.items].to(device).clamp_min(LEAST_BELIEF)
        kernel = self._kernel(self._rows) + torch.diag(noise)
        target = F.one_hot(own, n_classes).float() - 1 / n_classes
        factor = torch.linalg.cholesky(kernel.to(algebra_device(device)))
        inverse = torch.cholesky_inverse(factor).to(device)
        self._weights = inverse @ target
        left_out = target - self._weights / inverse.diagonal()[:, None]
        # Each class has the same weight. Otherwise the many easy labels of a lasso would make the
        # classifier overconfident.
        class_weight = 1 / torch.bincount(own, minlength=n_classes).clamp_min(1)
        self.sharpness = min(
            SHARPNESS,
            key=lambda s: float(
                F.cross_entropy(s * left_out, own, weight=class_weight.to(left_out))
            ),
        )
        self.left_out = F.softmax(self.sharpness * left_out, dim=1)
        """Leave-one-out class probabilities of `items`, (L, C)."""

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Return class probabilities (B, C) of items with features (B, F)."""
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


def chosen(labels: torch.Tensor, verified: torch.Tensor, most: int) -> torch.Tensor:
    """Return at most `most` labelled items, int64, ascending.

    Verified items are chosen first. If there is room for more, each class gets about the same
    number of other items, evenly spaced.
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
    """Return how many items to choose per class, so that at most `room` items are chosen in all.

    `counts` has the number of items of each class. If a class has fewer items than the result, all
    its items are chosen.
    """
    low, high = 0, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if int(counts.clamp_max(middle).sum()) <= room else (low, middle - 1)
        )
    return low
