"""Rigid alignment (orthogonal Procrustes), so that the cloud does not drift, turn or flip."""

from typing import NamedTuple

import torch

from lodespace.models.compiled import loaded
from lodespace.models.device import algebra_device

ITEMS_PER_THREAD = 131_072
"""Smallest number of items for which one more thread is started: about 1 ms of work."""


class Alignment(NamedTuple):
    """Rigid alignment of points with a reference: points @ rotation + translation."""

    rotation: torch.Tensor
    """Rotation or reflection, (D, D)."""
    translation: torch.Tensor
    """Translation, (D,)."""
    spread: float
    """Mean standard deviation of the reference along an axis, at least 1e-8."""


def procrustes(points: torch.Tensor, reference: torch.Tensor) -> Alignment:
    """Return orthogonal R and translation t that minimise |points @ R + t - reference|.

    There is no scaling. The method is that of Schoenemann (1966), in double precision. On the CPU,
    the result is deterministic.

    Args:
        points: (N, D).
        reference: (N, D).
    """
    sums = _Sums.of(points, reference)
    u, _, vt = torch.linalg.svd(sums.products)
    rotation = u @ vt
    translation = sums.q_mean - sums.p_mean @ rotation
    spread = max(1e-8, float(sums.deviation.mean()))
    return Alignment(
        rotation.to(points.dtype).to(points), translation.to(points.dtype).to(points), spread
    )


class _Sums(NamedTuple):
    """Values of points p and q, (N, D), in double precision."""

    p_mean: torch.Tensor
    """Mean of p, (D,)."""
    q_mean: torch.Tensor
    """Mean of q, (D,)."""
    products: torch.Tensor
    """Sum of the products of p and q, relative to their means, (D, D)."""
    deviation: torch.Tensor
    """Standard deviation of q, (D,)."""

    @classmethod
    def of(cls, points: torch.Tensor, reference: torch.Tensor) -> "_Sums":
        if points.shape[1] <= 3 and loaded.compiled_for(points, reference):
            return cls._by_code(points, reference)
        where = algebra_device(points.device)
        p, q = points.to(where).double(), reference.to(where).double()
        p_mean, q_mean = p.mean(dim=0), q.mean(dim=0)
        products = (p - p_mean).T @ (q - q_mean)
        return cls(p_mean, q_mean, products, q.std(dim=0, correction=0))

    @classmethod
    def _by_code(cls, points: torch.Tensor, reference: torch.Tensor) -> "_Sums":
        assert loaded.code is not None
        code, (n, d) = loaded.code, points.shape
        sums = loaded.empty_sums(n, d * (d + 3))
        arrays = [each.numpy() for each in (points.contiguous(), reference.contiguous(), sums)]

        def of_range(first: int, last: int) -> None:
            code.products(*arrays, n, first, last)

        loaded.in_ranges(of_range, n, ITEMS_PER_THREAD)
        means = sums.sum(dim=0) / n
        p_mean, q_mean, products, squares = means.split((d, d, d * d, d))
        products = products.view(d, d) - torch.outer(p_mean, q_mean)
        return cls(p_mean, q_mean, n * products, (squares - q_mean**2).clamp_min(0).sqrt())


def aligned(points: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Return `points` (N, D), moved rigidly onto `reference` (N, D)."""
    rotation, translation, _ = procrustes(points, reference)
    return points @ rotation + translation
