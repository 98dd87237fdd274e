"""Named axes on a map of particles: the direction of an axis, and stable steps along it."""

import torch

from lodespace.models.device import algebra_device
from lodespace.models.vae.axis_loss import AxisTargets

UNCLEAR = 0.15
"""Weight that `axis_direction` gives to the currently shown direction. For comparison, a direction
along which the values correlate perfectly has the weight 1.
"""


def implicit_step(
    force: torch.Tensor, step: float, stiffness: torch.Tensor, targets: AxisTargets | None
) -> torch.Tensor:
    """Return the force that moves each item in a round, by the linearly implicit Euler method.

    Explicit steps overshoot when step * stiffness exceeds 2.

    Args:
        force: sum of all forces on each item, (N, D).
        step: step size of the round.
        stiffness: stiffness of each anchor, which acts in all directions, (N,).
        targets: values on the named axes, whose stiffness acts only along the axes; None without
            axes.
    """
    anchored = 1 + step * stiffness[:, None]
    damped = force / anchored
    if targets is None:
        return damped
    along = damped @ targets.directions.T
    kept = 1 / (1 + step * targets.stiffness / anchored)
    return damped + (along * (kept - 1)) @ targets.directions


def axis_direction(
    position: torch.Tensor,
    values: torch.Tensor,
    weight: torch.Tensor,
    current: torch.Tensor,
    taken: torch.Tensor,
) -> torch.Tensor:
    """Return the direction (D,) of the map along which values grow most clearly.

    The direction is that of the weighted linear regression of the values on the positions. If the
    map does not show the values at all, the direction is close to `current`, so that the map does
    not turn without a reason.

    Args:
        position: latent means, (N, D).
        values: values of the items, (N,).
        weight: weight of each value, (N,); 0 for an item without a value.
        current: direction that is shown along the axis of the box now, (D,).
        taken: directions of other named axes, orthonormal, (A, D). The result is orthogonal to
            them.
    """
    where = algebra_device(position.device)
    share = (weight / weight.sum().clamp_min(1e-12)).to(where).double()
    z, v = position.to(where).double(), values.to(where).double()
    z, v = z - share @ z, v - share @ v
    free = _complement(taken.to(where).double(), position.shape[1])
    covariance, along = (z * share[:, None]).T @ z, (z * share[:, None]).T @ v
    inner = free @ covariance @ free.T
    inner += 1e-9 * torch.eye(len(free), dtype=inner.dtype, device=inner.device)
    slope = torch.linalg.solve(inner, free @ along)
    explained = float((slope @ (free @ along)) / (share @ v.square()).clamp_min(1e-12))
    clear = max(0.0, explained) ** 0.5
    steepest = slope / slope.norm().clamp_min(1e-12)
    kept = free @ current.to(where).double()
    mixed = clear * steepest + UNCLEAR * kept / kept.norm().clamp_min(1e-12)
    if float(mixed.norm()) < 1e-9:
        mixed = torch.ones_like(mixed)
    return ((mixed / mixed.norm()) @ free).to(position.dtype).to(position.device)


def _complement(directions: torch.Tensor, dimensions: int) -> torch.Tensor:
    """Return orthonormal rows (D - A, D) that are orthogonal to `directions` (A, D)."""
    if len(directions) == 0:
        return torch.eye(dimensions, dtype=directions.dtype, device=directions.device)
    _, _, vt = torch.linalg.svd(directions, full_matrices=True)
    return vt[len(directions) :]
