"""Queries to the model: forces, reconstructions, decoded points."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Operation
from lodespace.protocol.values import MAX_DECODED, MAX_PROBED, CommandId, Item, Role, Vector


class Watch(Operation, tag="watch"):
    """Start or stop the forces frames of this client.

    After a start, the server sends a forces frame with every positions frame. This message has no
    answer.
    """

    role: ClassVar[Role] = "viewer"

    forces: bool
    """Whether this client receives forces."""


class Probe(Operation, tag="probe"):
    """Ask for the forces, the reconstruction and the standard deviation (sigma) of each item."""

    role: ClassVar[Role] = "viewer"

    command_id: CommandId
    """Id of the query."""
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_PROBED)]
    """Items to probe."""


class Decode(Operation, tag="decode"):
    """Ask for the decoded pictures of points. A client may have only a few open queries."""

    role: ClassVar[Role] = "viewer"

    command_id: CommandId
    """Id of the query."""
    points: Annotated[list[Vector], msgspec.Meta(min_length=1, max_length=MAX_DECODED)]
    """Points of the latent space, in latent units."""


class Probed(Operation, tag="probed"):
    """Answer to `probe`, for K items in a latent space of D dimensions."""

    command_id: str
    """Id of the query."""
    step: int
    """Training step of the values."""
    items: list[int]
    """Items that were probed (K)."""
    forces: dict[str, list[float]]
    """Forces on the items per loss term, in nats per latent unit, flat (K * D). A force is minus
    the gradient of the weighted term at the latent mean."""
    pictures: str
    """Reconstructions, base64 of uint8 (K, height, width, channels); empty if items are vectors."""
    width: int
    """Width of a reconstruction, in pixels."""
    height: int
    """Height of a reconstruction, in pixels."""
    channels: int
    """Number of channels: 1 (grey) or 3 (red, green, blue)."""
    error: list[float]
    """Reconstruction loss per item, in nats (K)."""
    sigma: list[float]
    """Standard deviation of q(Z given X) along each axis, in latent units, flat (K * D)."""


class Decoded(Operation, tag="decoded"):
    """Answer to `decode`, for K points."""

    command_id: str
    """Id of the query."""
    pictures: str
    """Decoded pictures, base64 of uint8 (K, height, width, channels)."""
    width: int
    """Width of a picture, in pixels."""
    height: int
    """Height of a picture, in pixels."""
    channels: int
    """Number of channels: 1 (grey) or 3 (red, green, blue)."""
