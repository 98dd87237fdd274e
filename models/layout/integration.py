"""Motion of all particles by their forces in one round."""

from typing import NamedTuple

import torch

from lodespace.models.compiled import loaded
from lodespace.models.layout.anchor_loss import anchor_force
from lodespace.models.layout.axis_motion import implicit_step
from lodespace.models.layout.neighbour_loss import FORCE_LIMIT
from lodespace.models.vae.axis_loss import AxisTargets, axis_force

ITEMS_PER_THREAD = 262_144
"""Smallest number of items for which one more thread is started: about 1 ms of work."""


class Step(NamedTuple):
    """Size of a step, and weights of the terms."""

    size: float
    """Size of the step."""
    beta_neighbour: float
    """Weight of the neighbour term."""
    beta_anchor: float
    """Weight of the anchor term."""


class Anchors(NamedTuple):
    """Anchors of N items."""

    target: torch.Tensor
    """Positions of the anchors, (N, D)."""
    stiffness: torch.Tensor
    """Stiffness of each anchor, (N,)."""


class Axes(NamedTuple):
    """Named axes. `spread` is the length of one standard deviation of their values on the map."""

    targets: AxisTargets
    spread: float


def moved(
    position: torch.Tensor, force: torch.Tensor, anchors: Anchors, axes: Axes | None, step: Step
) -> tuple[torch.Tensor, float]:
    """Return the new positions (N, D), and their mean standard deviation along an axis.

    The anchor and axis forces are integrated implicitly (`implicit_step`).

    Args:
        position: positions, (N, D).
        force: force of the neighbour term, (N, D).
        anchors: anchors of the items.
        axes: named axes; None for no axes.
        step: size of the step, and weights of the terms.
    """
    compiled = position.shape[1] <= 3 and loaded.compiled_for(position, force, *anchors)
    if compiled and axes is None:
        return _moved_by_code(position, force, anchors, step)
    total = total_force(position, force, anchors, axes, step)
    stiffness = step.beta_anchor * anchors.stiffness
    damped = implicit_step(total, step.size, stiffness, None if axes is None else axes.targets)
    result = position + (step.size * damped).clamp_(-FORCE_LIMIT, FORCE_LIMIT)
    return result, float(result.std(dim=0, correction=0).mean())


def total_force(
    position: torch.Tensor, force: torch.Tensor, anchors: Anchors, axes: Axes | None, step: Step
) -> torch.Tensor:
    """Return the weighted sum (N, D) of the forces on each item. The arguments are those of
    `moved`."""
    total = step.beta_neighbour * force
    total.add_(anchor_force(position, *anchors), alpha=step.beta_anchor)
    return total if axes is None else total + axis_force(position - position.mean(dim=0), *axes)


def _moved_by_code(
    position: torch.Tensor, force: torch.Tensor, anchors: Anchors, step: Step
) -> tuple[torch.Tensor, float]:
    assert loaded.code is not None
    code, (n, d) = loaded.code, position.shape
    result, sums = torch.empty(n, d), loaded.empty_sums(n, 2 * d)
    inputs = [each.contiguous() for each in (position, *anchors, force)]
    arrays = [each.numpy() for each in (*inputs, result, sums)]

    def of_range(first: int, last: int) -> None:
        code.move(*arrays, first, last, (*step, FORCE_LIMIT))

    loaded.in_ranges(of_range, n, ITEMS_PER_THREAD)
    mean, square = (sums.sum(dim=0) / n).view(2, d)
    return result, float((square - mean.square()).clamp_min(0).sqrt().mean())
