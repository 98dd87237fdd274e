"""Kernel regression that predicts an unknown number of an item from the features of the item.

The kernel is a mean of Gaussian kernels, one per view of the items. The regression uses the views,
width and noise with the smallest error on left-out values. This error has a closed form (Rasmussen
and Williams 2006, equation 5.12).
"""

from collections.abc import Callable, Sequence
from itertools import product

import torch

from lodespace.models.batches import evenly
from lodespace.models.device import algebra_device

MOST_VALUES = 1000
"""Maximum number of known values that the regression is fitted to."""
MOST_COMPARED = 400
"""Maximum number of known values by which views, width and noise are chosen."""
WIDTHS = (1.0, 4.0)
"""Squared widths of the kernel, relative to the mean square of the features."""
NOISES = (0.003, 0.03, 0.3, 1.0)
"""Candidate noise variances of a value, relative to the kernel's variance of 1."""

Views = Callable[[torch.Tensor], Sequence[torch.Tensor]]
"""Function from items int64 (K,) to their features in each view, (K, F), with mean square 1."""


class ValueRegression:
    """Regression on the values of at most MOST_VALUES items. The values must have mean 0 and
    standard deviation 1.
    """

    def __init__(self, views: Views, known: torch.Tensor, values: torch.Tensor) -> None:
        """Choose views, width and noise, and fit the regression.

        Args:
            views: the views of the items.
            known: items whose values are known, int64 (K,), at least 2.
            values: their values, float (K,).
        """
        self._views, where = views, algebra_device(values.device)
        chosen = evenly(torch.arange(len(known), device=known.device), MOST_VALUES)
        self.items = known[chosen]
        """Items to whose values the regression is fitted, int64 (L,)."""
        own = values[chosen].to(where).double()
        self._rows = [rows.to(where) for rows in views(self.items)]
        few = evenly(torch.arange(len(own), device=own.device), MOST_COMPARED)
        distances = [_exact_squared_distances(rows[few]) for rows in self._rows]
        error: dict[tuple[tuple[int, ...], float, float], float] = {}
        for chosen_views, width in product(_choices(len(self._rows)), WIDTHS):
            kernel = _kernel(distances, chosen_views, width)
            for noise in NOISES:
                left_out, _ = _left_out(kernel, own[few], noise)
                error[chosen_views, width, noise] = float((left_out - own[few]).square().mean())
        self._chosen, self._width, noise = min(error, key=error.__getitem__)
        among = [_exact_squared_distances(rows) for rows in self._rows]
        kernel = _kernel(among, self._chosen, self._width)
        self.left_out, self._weights = _left_out(kernel, own, noise)
        """Prediction of each of `items`, without its own value, float64 (L,)."""
        spread = own.square().mean().clamp_min(1e-12)
        unexplained = (self.left_out - own).square().mean() / spread
        self.explained = max(0.0, 1 - float(unexplained))
        """Share (0..1) of the variance of the values that the left-out predictions explain."""

    def predict(self, items: torch.Tensor) -> torch.Tensor:
        """Return the predicted values of items int64 (K,), float32 (K,)."""
        distances = [
            torch.cdist(view.to(rows.device), rows).square() / rows.shape[1]
            for view, rows in zip(self._views(items), self._rows, strict=True)
        ]
        found = (_kernel(distances, self._chosen, self._width) @ self._weights).float()
        return found.to(items.device)


def _choices(views: int) -> list[tuple[int, ...]]:
    """Return the sets of views to compare: each view alone, and all views together."""
    alone = [(view,) for view in range(views)]
    return alone if views == 1 else [*alone, tuple(range(views))]


def _kernel(
    distances: Sequence[torch.Tensor], views: tuple[int, ...], width: float
) -> torch.Tensor:
    return torch.stack([torch.exp(-distances[view] / width) for view in views]).mean(dim=0).double()


def _left_out(
    kernel: torch.Tensor, values: torch.Tensor, noise: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the prediction of each value from all other values, (L,), and the weights of the
    kernel.
    """
    matrix = kernel + noise * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(matrix))
    weights = inverse @ values
    return values - weights / inverse.diagonal(), weights


def _exact_squared_distances(rows: torch.Tensor) -> torch.Tensor:
    """Return the squared distances (L, L) of rows (L, F), divided by F.

    The rounding errors are so small that a kernel matrix of the distances can be factorised.
    """
    found = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return found.square() / rows.shape[1]
