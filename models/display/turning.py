"""Turning the shown map, so that a named axis of the model is shown along an axis of the box."""

from typing import NamedTuple

import torch

from lodespace.models.device import algebra_device

TURN_SPEED = 0.03
"""Largest angle by which the map turns per frame, in radians. A quarter turn then takes 2 s."""
_EASE = 0.1
"""Largest share of the remaining angle that one frame turns, so that the turn ends slowly."""
_STILL = 1e-3
"""A remaining angle below this number of radians is turned in one frame. It is too small to see."""


class HeldDirections(NamedTuple):
    """Directions of the model that are shown along axes of the box. There are A such directions."""

    dimensions: tuple[int, ...]
    """Dimension of the shown map along which each direction is shown, ascending."""
    directions: torch.Tensor
    """The directions in model coordinates, orthonormal, (A, D)."""


class Turn(NamedTuple):
    """A rotation or reflection of the shown map."""

    matrix: torch.Tensor
    """Orthogonal (D, D): shown points times this matrix are the turned points."""
    remaining: float
    """Remaining angle after this turn, in radians; 0 at the end."""
    mirrored: bool
    """Whether the map must be mirrored, because no rotation alone reaches its new orientation."""


def held_rotation(
    points: torch.Tensor,
    reference: torch.Tensor,
    held: HeldDirections,
    free: torch.Tensor,
) -> torch.Tensor:
    """Return the orthogonal matrix R that turns each held direction to its axis of the box.

    In the other directions, `points` @ R is as close as possible to `reference` (Schoenemann 1966).
    Both clouds are centred for this comparison. R differs from `free` by a rotation where possible,
    and otherwise by a reflection.

    Args:
        points: latent means, (N, D).
        reference: the shown points, (N, D).
        held: the held directions.
        free: rotation (D, D) from `points` to `reference` without held directions.
    """
    latent_dim = points.shape[1]
    where = algebra_device(points.device)
    p, q = points.to(where).double(), reference.to(where).double()
    p, q = p - p.mean(dim=0), q - q.mean(dim=0)
    own = held.directions.to(where).double()
    unit = torch.eye(latent_dim, dtype=p.dtype, device=p.device)
    rotation = own.T @ unit[list(held.dimensions)]
    others = [d for d in range(latent_dim) if d not in held.dimensions]
    if not others:
        return rotation
    _, _, vt = torch.linalg.svd(own, full_matrices=True)
    beside = vt[len(own) :]
    u, _, wt = torch.linalg.svd(beside @ p.T @ q[:, others])
    found = rotation + beside.T @ (u @ wt) @ unit[others]
    if float(torch.linalg.det(found) * torch.linalg.det(free.to(where).double())) < 0:
        # The least important of the other directions is mirrored.
        u = torch.cat([u[:, :-1], -u[:, -1:]], dim=1)
        found = rotation + beside.T @ (u @ wt) @ unit[others]
    return found


def next_turn(current: torch.Tensor, wanted: torch.Tensor, tempo: float) -> Turn:
    """Return the turn of this frame, from the rotation `current` towards `wanted`, both (D, D).

    TURN_SPEED is multiplied by `tempo`.
    """
    where = algebra_device(current.device)
    whole = current.to(where).double().T @ wanted.to(where).double()
    if float(torch.linalg.det(whole)) < 0:
        return Turn(whole, 0.0, mirrored=True)
    axis, angle = _axis_and_angle(whole)
    if angle < _STILL:
        return Turn(whole, 0.0, mirrored=False)
    part = min(angle, max(_STILL, min(TURN_SPEED, _EASE * angle) * tempo))
    return Turn(_rotation(axis, part, len(whole)), angle - part, mirrored=False)


def _axis_and_angle(rotation: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Return axis (3,) and angle (0..pi) of a rotation (D, D); in 2D the axis is the third one."""
    whole = torch.eye(3, dtype=rotation.dtype, device=rotation.device)
    d = len(rotation)
    whole[:d, :d] = rotation
    skew = (whole - whole.T) / 2
    vector = torch.stack([skew[2, 1], skew[0, 2], skew[1, 0]])
    # The axis is computed as the vector that the rotation does not change, because `vector` is 0 at
    # half a turn.
    _, _, vt = torch.linalg.svd(whole - torch.eye(3, dtype=whole.dtype, device=whole.device))
    axis = vt[-1]
    sine = float(vector @ axis)
    if sine < 0:
        axis, sine = -axis, -sine
    cosine = (float(whole.trace()) - 1) / 2
    return axis, float(torch.atan2(torch.tensor(sine), torch.tensor(cosine)))


def _rotation(axis: torch.Tensor, angle: float, dimensions: int) -> torch.Tensor:
    """Return the rotation (D, D) by `angle` about `axis` (3,) (Rodrigues' formula)."""
    x, y, z = axis.tolist()
    cross = torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]).to(axis)
    size = torch.tensor(angle, dtype=axis.dtype, device=axis.device)
    whole = torch.eye(3).to(axis) + size.sin() * cross + (1 - size.cos()) * cross @ cross
    return whole[:dimensions, :dimensions]
