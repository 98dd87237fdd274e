"""Orthogonal Procrustes: the cloud as a whole does not swim, turn or flip between frames."""

import torch


def procrustes(points: torch.Tensor, reference: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The rotation or reflection R (D, D) and translation t (D,) with least |points @ R + t - reference|. Never scales.

    Schoenemann 1966. points, reference (N, D). In double precision; deterministic on the CPU.
    """
    p, q = points.double(), reference.double()
    p_mean, q_mean = p.mean(dim=0), q.mean(dim=0)
    u, _, vt = torch.linalg.svd((p - p_mean).T @ (q - q_mean))
    rotation = u @ vt
    return rotation.to(points.dtype), (q_mean - p_mean @ rotation).to(points.dtype)


def aligned(points: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """`points` moved rigidly onto `reference`. (N, D)."""
    rotation, translation = procrustes(points, reference)
    return points @ rotation + translation
