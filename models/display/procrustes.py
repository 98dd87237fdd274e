"""Rigid alignment (orthogonal Procrustes), so that the cloud does not drift, turn or flip."""

import torch

from lodespace.models.device import algebra_device


def procrustes(points: torch.Tensor, reference: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return orthogonal R and translation t that minimise |points @ R + t - reference|.

    There is no scaling. The method is that of Schoenemann (1966), in double precision. On the CPU,
    the result is deterministic.

    Args:
        points: (N, D).
        reference: (N, D).

    Returns:
        R (D, D), a rotation or reflection, and t (D,).
    """
    where = algebra_device(points.device)
    p, q = points.to(where).double(), reference.to(where).double()
    p_mean, q_mean = p.mean(dim=0), q.mean(dim=0)
    u, _, vt = torch.linalg.svd((p - p_mean).T @ (q - q_mean))
    rotation = u @ vt
    translation = q_mean - p_mean @ rotation
    return rotation.to(points.dtype).to(points), translation.to(points.dtype).to(points)


def aligned(points: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Return `points` (N, D), moved rigidly onto `reference` (N, D)."""
    rotation, translation = procrustes(points, reference)
    return points @ rotation + translation
