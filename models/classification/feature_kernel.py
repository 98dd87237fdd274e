"""Kernel regression on features that are not learned.

A closed formula gives the prediction of each labelled item without the item's own label.

The kernel is approximated from the features of at most LANDMARKS labelled items (C. Williams and M.
Seeger 2001), so thousands of labels can be used. With at most LANDMARKS labels it is not
approximated.
"""

import torch
import torch.nn.functional as F

from lodespace.models.batches import evenly
from lodespace.models.classification.kernel_classifier import (
    LEAST_BELIEF,
    SHARPNESS,
    BelievedLabels,
)
from lodespace.models.device import algebra_device

MOST_LABELS = 3000
"""Maximum number of labels that the regression is fitted to."""
LANDMARKS = 400
"""Maximum number of labelled items whose features are used to approximate the kernel."""
MOST_COMPARED = 200
"""Maximum number of labels that are used to choose the width of the kernel and the noise."""
WIDTHS = (1.0, 2.0)
"""Squared widths of the kernel, relative to the mean square of the features."""
NOISES = (0.01, 0.1)
"""Candidate noise variances of a label that is certain, relative to the kernel's variance of 1."""
_JITTER = 1e-4


class FeatureKernel:
    """Kernel regression on the labels of at most MOST_LABELS items.

    The regression uses the width, the noise and the sharpness that predict left-out labels best.
    """

    def __init__(self, features: torch.Tensor, labels: BelievedLabels) -> None:
        """Choose the width of the kernel and the noise of the labels.

        `fit` then fits the regression.

        Args:
            features: features of all items, float32 (N, F), scaled to a mean square of 1.
            labels: labels of the same items.
        """
        device = features.device
        self._features = features
        self._n_classes = labels.n_classes
        items = labels.chosen(MOST_LABELS)
        self.items = items.to(device)
        """The labelled items that the regression is fitted to, int64 (L,), ascending."""
        self._classes = labels.classes[items].to(device)
        self._belief = labels.belief[items].to(device).clamp_min(LEAST_BELIEF)
        some = torch.isin(items, labels.chosen(MOST_COMPARED)).to(device)
        self._width, self._noise = self._best(some)

    def _best(self, some: torch.Tensor) -> tuple[float, float]:
        """Return the width and the noise that predict left-out labels best.

        The comparison uses only the labels `some`, bool (L,). There are few of these labels, so the
        kernel is computed without an approximation.
        """
        device = algebra_device(self._features.device)
        rows = self._features[self.items[some]].to(device)
        classes, belief = self._classes[some].to(device), self._belief[some].to(device)
        target = self._target(classes)
        squared = _exact_squared_distances(rows)
        found: dict[tuple[float, float], float] = {}
        for width in WIDTHS:
            kernel = torch.exp(-squared / width)
            for noise in NOISES:
                matrix = kernel + torch.diag(noise / belief)
                inverse = torch.cholesky_inverse(torch.linalg.cholesky(matrix))
                left_out = target - inverse @ target / inverse.diagonal()[:, None]
                found[width, noise] = _sharpest(left_out, classes, self._n_classes)[1]
        return min(found, key=found.__getitem__)

    def fit(self) -> None:
        """Fit the regression to all chosen labels. 270 labels take 10 ms, 3,000 labels 150 ms."""
        device = self._features.device
        where = algebra_device(device)
        rows, belief = self._features[self.items].to(where), self._belief.to(where)
        classes = self._classes.to(where)
        self._landmarks = rows[evenly(torch.arange(len(rows), device=where), LANDMARKS)]
        among = torch.exp(-_exact_squared_distances(self._landmarks) / self._width).double()
        among += _JITTER * torch.eye(len(among), device=among.device)
        root = torch.linalg.cholesky(among).float()
        mapped = torch.linalg.solve_triangular(root, self._kernel(rows).T, upper=False)
        weighted = mapped * (belief / self._noise)
        matrix = (weighted @ mapped.T).double()
        matrix += torch.eye(len(matrix), device=matrix.device)
        factor = torch.linalg.cholesky(matrix).float()
        target = self._target(classes)
        weights = torch.cholesky_solve(weighted @ target, factor)
        fitted = mapped.T @ weights
        influence = torch.linalg.solve_triangular(factor, mapped, upper=False).square().sum(dim=0)
        influence = (influence * belief / self._noise)[:, None]
        scores = (fitted - influence * target) / (1 - influence).clamp_min(1e-4)
        self._weights = torch.linalg.solve_triangular(root.T, weights, upper=True).to(device)
        self._landmarks = self._landmarks.to(device)
        self._sharpness = _sharpest(scores, classes, self._n_classes)[0]
        self._left_out = F.softmax(self._sharpness * scores, dim=1).to(device)
        self._row = torch.full((len(self._features),), -1, device=device)
        self._row[self.items] = torch.arange(len(rows), device=device)

    def probabilities(self, items: torch.Tensor) -> torch.Tensor:
        """Return class probabilities (B, C) of `items`, int64 (B,).

        The probabilities of an item do not depend on the item's own label.
        """
        scores = self._kernel(self._features[items]) @ self._weights
        found = F.softmax(self._sharpness * scores, dim=1)
        row = self._row[items]
        return torch.where((row >= 0)[:, None], self._left_out[row.clamp_min(0)], found)

    def _target(self, classes: torch.Tensor) -> torch.Tensor:
        return F.one_hot(classes, self._n_classes).float() - 1 / self._n_classes

    def _kernel(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.exp(-_squared_distances(rows, self._landmarks) / self._width)


def _squared_distances(rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the squared distance from each of B `rows` to each of L `others`, (B, L).

    The distances are divided by the number of features.
    """
    squares = rows.square().sum(dim=1)[:, None] + others.square().sum(dim=1)
    return (squares - 2 * rows @ others.T).clamp_min(0) / rows.shape[1]


def _exact_squared_distances(rows: torch.Tensor) -> torch.Tensor:
    """Return the squared distances (L, L) of rows.

    The error is so small that a kernel matrix of the distances can be factorised, even if a row is
    many times larger than the others."""
    found = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return found.square() / rows.shape[1]


def _sharpest(scores: torch.Tensor, classes: torch.Tensor, n_classes: int) -> tuple[float, float]:
    """Return the value of SHARPNESS that has the smallest loss on left-out scores, and this loss.

    Each class has the same weight. A class with only one label does not count, because the class is
    unknown when that label is left out.

    Args:
        scores: Scores of labelled items, each computed without the item's label, (L, C).
        classes: Class of each label, (L,).
        n_classes: Number of classes C.
    """
    count = torch.bincount(classes, minlength=n_classes)
    weight = torch.where(count > 1, 1 / count.clamp_min(1), 0.0)
    if not bool((weight > 0).any()):
        return SHARPNESS[len(SHARPNESS) // 2], 0.0
    losses = [float(F.cross_entropy(s * scores, classes, weight=weight)) for s in SHARPNESS]
    best = min(range(len(losses)), key=losses.__getitem__)
    return SHARPNESS[best], losses[best]
