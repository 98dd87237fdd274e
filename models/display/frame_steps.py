"""Steps of the shown points towards their places, and the limits of their motion."""

from typing import NamedTuple

import torch

from lodespace.models.compiled import loaded

ITEMS_PER_THREAD = 262_144
"""Smallest number of items for which one more thread is started: about 1 ms of work."""


class Limits(NamedTuple):
    """Limits of the displacement of a point per frame."""

    fastest: float
    """Largest displacement."""
    slowed: float
    """Largest displacement, as a share of the step of the point."""
    pace: float
    """Factor of both limits. No point moves further than its step."""

    def of(self, length: float) -> float:
        """Return the displacement of a point whose step has the length `length`."""
        return min(length, self.pace * min(self.fastest, self.slowed * length))


def steps(
    points: torch.Tensor,
    shown: torch.Tensor,
    rotation: torch.Tensor,
    translation: torch.Tensor,
    share: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the step of each shown point towards its place, (N, D), and the steps' lengths (N,).

    Args:
        points: points (N, D), whose places are `points` @ `rotation` + `translation`.
        shown: shown points, (N, D).
        rotation: (D, D).
        translation: (D,).
        share: length of a step, as a share (0..1] of the way to the place.
    """
    n, d = shown.shape
    if d > 3 or not loaded.compiled_for(points, shown):
        step = (points @ rotation + (translation - shown)).mul_(share)
        return step, step.norm(dim=1)
    assert loaded.code is not None
    code, step, length = loaded.code, torch.empty(n, d), torch.empty(n)
    given = torch.cat([share * rotation.flatten(), share * translation, torch.tensor([share])])
    inputs = (points.contiguous(), shown.contiguous(), given, step, length)
    arrays = [each.numpy() for each in inputs]

    def of_range(first: int, last: int) -> None:
        code.steps(*arrays, first, last)

    loaded.in_ranges(of_range, n, ITEMS_PER_THREAD)
    return step, length


def advanced(
    shown: torch.Tensor, step: torch.Tensor, length: torch.Tensor, limits: Limits
) -> torch.Tensor:
    """Return the shown points after steps that have been shortened to `limits`, (N, D).

    Args:
        shown: shown points, (N, D).
        step: step of each point, (N, D).
        length: length of each step, (N,).
        limits: limits of the displacement.
    """
    n, d = shown.shape
    if d > 3 or not loaded.compiled_for(shown, step, length):
        limit = (limits.fastest / length.clamp_min(1e-12)).clamp_max_(limits.slowed)
        return shown + step * limit.mul_(limits.pace).clamp_max_(1.0)[:, None]
    assert loaded.code is not None
    code, result = loaded.code, torch.empty(n, d)
    arrays = [each.numpy() for each in (shown.contiguous(), step, length, result)]

    def of_range(first: int, last: int) -> None:
        code.advance(*arrays, first, last, tuple(limits))

    loaded.in_ranges(of_range, n, ITEMS_PER_THREAD)
    return result
