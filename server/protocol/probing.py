"""How the model sees items and points: forces, reconstructions, what lies somewhere."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Operation
from lodespace.protocol.values import MAX_DECODED, MAX_PROBED, CommandId, Item, Role, Vector


class Watch(Operation, tag="watch"):
    """Whether this client wants a forces frame with every frame of positions. No answer."""

    role: ClassVar[Role] = "viewer"

    forces: bool


class Probe(Operation, tag="probe"):
    """Ask how the model sees `items`: forces, reconstruction, sigma."""

    role: ClassVar[Role] = "viewer"

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_PROBED)]


class Decode(Operation, tag="decode"):
    """Ask what lies at points of the latent space, in latent units. A client's newer question takes the place of one that still waits."""

    role: ClassVar[Role] = "viewer"

    command_id: CommandId
    points: Annotated[list[Vector], msgspec.Meta(min_length=1, max_length=MAX_DECODED)]


class Probed(Operation, tag="probed"):
    """Answer to probe. `forces`: of each term flat [x, y, z, ...] (two numbers an item in 2D), minus the gradient of the weighted term at
    the item's latent mean, in nats per latent unit. `pictures`: the reconstructions as base64 of uint8 (K, `height`, `width`, `channels`);
    "" for vectors. `error`: reconstruction loss of each, nats. `sigma`: standard deviation of q(Z given X) along each axis, flat."""

    command_id: str
    step: int
    items: list[int]
    forces: dict[str, list[float]]
    pictures: str
    width: int
    height: int
    channels: int
    error: list[float]
    sigma: list[float]


class Decoded(Operation, tag="decoded"):
    """Answer to decode: `pictures` as base64 of uint8 (K, `height`, `width`, `channels`)."""

    command_id: str
    pictures: str
    width: int
    height: int
    channels: int
