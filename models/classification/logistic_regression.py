"""Logistic regression on features that are not learned, with predictions by cross-validation.

The labels are split into folds. For each fold, one regression is fitted to the labels of the other
folds. It predicts the labels of this fold. One more regression is fitted to all labels. All
regressions are fitted together.

A quadratic function bounds the loss. The matrix of this function does not depend on the weights (D.
Böhning 1992), so it is factorised only once.
"""

import torch
import torch.nn.functional as F

from lodespace.models.device import algebra_device

FOLDS = 5
"""Number of parts of the labels; each part is predicted by a regression on the other parts."""
STEPS = 40
"""Number of accelerated gradient steps."""
PENALTY = 1.0
"""Weight of the penalty (half the sum of the squared coefficients), relative to the loss of a
label."""
_BIAS_PENALTY = 1e-3
_PRODUCTS_PER_UNIT = 100_000_000
"""Multiplications per unit of work, which takes about 20 ms."""


class LogisticRegression:
    """Multinomial logistic regression. Call `unit` until `done` is True."""

    def __init__(self, rows: torch.Tensor, classes: torch.Tensor, n_classes: int) -> None:
        """Prepare the fit.

        Args:
            rows: features of the labelled items, float32 (L, F).
            classes: labels, int64 (L,), in any order.
            n_classes: number of classes C; classes without labels have probability 0.
        """
        device = rows.device
        self._n_classes = n_classes
        self._present, own = classes.unique(return_inverse=True)
        self._rows = _with_constant(rows)
        self._fold = _folds(own)
        # Index 0 is the regression on all labels. Index k + 1 is the regression without fold k.
        kept = torch.ones(len(own), FOLDS + 1, device=device)
        kept[torch.arange(len(own), device=device), self._fold + 1] = 0
        self._kept = kept[:, :, None]
        self._target = F.one_hot(own, len(self._present)).float()[:, None]
        width = self._rows.shape[1]
        self._penalty = torch.full((width, 1, 1), PENALTY, device=device)
        self._penalty[-1] = _BIAS_PENALTY
        # Double precision is needed because a few rows may be many times larger than the others.
        where = algebra_device(device)
        rows, penalty = self._rows.to(where).double(), self._penalty[:, 0, 0].to(where).double()
        bound = 0.5 * (rows.T * kept.to(where).T[:, None, :]) @ rows + torch.diag(penalty)
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(bound))
        self._inverse = inverse.float().to(device)
        self._columns = self._rows.T.contiguous()
        # The folds are side by side, so that one product of matrices serves all of them.
        self._weights = torch.zeros(width, FOLDS + 1, len(self._present), device=device)
        self._ahead = self._weights
        self._momentum = 1.0
        self._steps = 0
        products = 2 * self._kept.numel() * width * len(self._present)
        self._steps_per_unit = max(1, _PRODUCTS_PER_UNIT // max(1, products))

    @property
    def done(self) -> bool:
        """Whether all steps are done."""
        return self._steps >= STEPS

    def unit(self) -> None:
        """Do one unit of work, which is some of the steps."""
        for _ in range(min(self._steps_per_unit, STEPS - self._steps)):
            self._step()

    def _step(self) -> None:
        """Do one step of Nesterov's method. If the step would move uphill, the method restarts."""
        scores = _product(self._rows, self._ahead)
        error = (torch.softmax(scores, dim=2) - self._target) * self._kept
        gradient = _product(self._columns, error) + self._penalty * self._ahead
        step = (self._inverse @ gradient.transpose(0, 1)).transpose(0, 1)
        found = self._ahead - step
        if float((gradient * (found - self._weights)).sum()) > 0:
            self._momentum = 1.0
        momentum = (1 + (1 + 4 * self._momentum**2) ** 0.5) / 2
        self._ahead = found + (self._momentum - 1) / momentum * (found - self._weights)
        self._weights, self._momentum = found, momentum
        self._steps += 1

    def probabilities(self, features: torch.Tensor) -> torch.Tensor:
        """Return class probabilities (B, C) of items with features (B, F)."""
        return self._all_classes(_with_constant(features) @ self._weights[:, 0])

    @property
    def left_out(self) -> torch.Tensor:
        """Class probabilities of the labelled items, (L, C), by the regressions of their folds.

        The regression of a fold is fitted without the labels of the fold.
        """
        scores = _product(self._rows, self._weights)
        items = torch.arange(len(self._fold), device=scores.device)
        return self._all_classes(scores[items, self._fold + 1])

    def _all_classes(self, scores: torch.Tensor) -> torch.Tensor:
        every = torch.zeros(len(scores), self._n_classes, device=scores.device)
        every[:, self._present] = torch.softmax(scores, dim=1)
        return every


def _product(matrix: torch.Tensor, folds: torch.Tensor) -> torch.Tensor:
    """Return the product of `matrix` with each fold's part of `folds`.

    `matrix` is (A, B), and `folds` is (B, FOLDS + 1, C). The result is (A, FOLDS + 1, C).
    """
    return (matrix @ folds.flatten(1)).view(len(matrix), *folds.shape[1:])


def _with_constant(rows: torch.Tensor) -> torch.Tensor:
    return F.pad(rows, (0, 1), value=1.0)


def _folds(own: torch.Tensor) -> torch.Tensor:
    """Return the fold of each label, int64 (L,). The labels of a class alternate between folds."""
    fold = torch.empty_like(own)
    order = torch.argsort(own, stable=True)
    fold[order] = torch.arange(len(own), device=own.device) % FOLDS
    return fold
