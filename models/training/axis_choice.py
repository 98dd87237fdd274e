"""The directions of a map along which the values of named axes grow."""

import torch

from lodespace.models.layout.axis_motion import axis_direction
from lodespace.models.training.axis_values import AxisValues
from lodespace.models.vae.axis_loss import AxisTargets


def chosen_axes(
    axes: AxisValues,
    position: torch.Tensor,
    values: torch.Tensor,
    stiffness: torch.Tensor,
    old: AxisTargets | None,
) -> AxisTargets | None:
    """Return the axes that a map with D dimensions can show, each with a direction.

    An axis that the map already has keeps its direction. Other axes get the direction along which
    their values grow now, orthogonal to the earlier axes.

    Args:
        axes: all A axes.
        position: latent means, (N, D).
        values: value of each item on each axis, known or predicted, (N, A).
        stiffness: stiffness of each item on each axis, (N, A).
        old: the axes that the map has now; None without axes.
    """
    latent_dim = position.shape[1]
    shown = [axis for axis, dimension in enumerate(axes.dimensions) if dimension < latent_dim]
    if not shown:
        return None
    found = dict[int, torch.Tensor]()
    for axis in shown:
        kept = None if old is None else old.direction_of(axes.dimensions[axis], values[:, axis])
        if kept is not None and len(kept) == latent_dim:
            found[axis] = kept
    for axis in shown:
        if axis not in found:
            taken = torch.stack(list(found.values())) if found else position[:0]
            current = axes.seen_along(axes.dimensions[axis], latent_dim).to(position)
            found[axis] = axis_direction(
                position, values[:, axis], stiffness[:, axis], current, taken
            )
    return AxisTargets(
        tuple(axes.dimensions[axis] for axis in shown),
        torch.stack([found[axis] for axis in shown]),
        values[:, shown].clone(),
        stiffness[:, shown].clone(),
    )
