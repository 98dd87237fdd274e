"""A simulated annotator: labels the largest ball of unlabelled points with its main class.

In a ball, at least the share `purity` of the points has the same class. So the share of wrong
labels is at most 1 minus `purity`. The centres of the candidate balls are the 5 densest of 1,000
random unlabelled points, and 30 random unlabelled points. For each centre, the candidate is the
largest such ball that has at most 1,500 unlabelled points.
"""

import numpy as np
import numpy.typing as npt

MAX_ITEMS = 1500
DENSEST = 5
RANDOM = 30
DENSITY_NEIGHBOURS = 20


class SimulatedAnnotator:
    """Labels one region per gesture, according to the true classes `truth`, int16 (N,)."""

    def __init__(
        self, truth: npt.NDArray[np.int16], *, purity: float = 0.95, seed: int = 0
    ) -> None:
        self.truth = truth
        self.purity = purity
        self.random = np.random.default_rng(seed)

    def gesture(
        self, latent_mean: npt.NDArray[np.float32], labels: npt.NDArray[np.int16]
    ) -> tuple[npt.NDArray[np.int64], int]:
        """Return the items of the next gesture and their class.

        latent_mean is (N, D), labels (N,) with -1 for items without a label.
        """
        free = np.flatnonzero(labels < 0)
        points = latent_mean[free]
        best: tuple[npt.NDArray[np.int64], int] = (free[:0], 0)
        for candidate in self._candidates(points):
            order, majority = self._largest_ball(points, free, candidate)
            if len(order) > len(best[0]):
                best = order, majority
        return best

    def _candidates(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """Choose K of the `points` (M, D) as centres of candidate balls. Return their indices."""
        n = len(points)
        k = min(DENSITY_NEIGHBOURS, n - 1)
        if k < 1:
            return np.arange(n)
        sample = self.random.choice(n, min(n, 1000), replace=False)
        square = (points**2).sum(axis=1)
        d2 = square[sample, None] + square[None] - 2 * points[sample] @ points.T
        radius = np.partition(d2, k, axis=1)[:, k]
        densest = sample[np.argsort(radius)[:DENSEST]]
        return np.concatenate([densest, self.random.choice(n, min(n, RANDOM), replace=False)])

    def _largest_ball(
        self, points: npt.NDArray[np.float32], free: npt.NDArray[np.int64], centre: int
    ) -> tuple[npt.NDArray[np.int64], int]:
        """Return the items of the largest ball round point `centre`, and their main class.

        At least the share `purity` of the items has the main class.
        """
        distance = ((points - points[centre]) ** 2).sum(axis=1)
        order = np.argsort(distance)[:MAX_ITEMS]
        classes = self.truth[free[order]]
        counts = np.cumsum(np.eye(int(self.truth.max()) + 1, dtype=np.int32)[classes], axis=0)
        share = counts.max(axis=1) / np.arange(1, len(order) + 1)
        clean = np.flatnonzero(share >= self.purity)
        size = int(clean[-1]) + 1
        return free[order[:size]], int(counts[size - 1].argmax())
