"""Queries of the server to the model, and the trainer's answers."""

import msgspec


class Probe(msgspec.Struct, tag=True):
    """Query for forces, reconstruction and uncertainty of items. The answer is `Probed`."""

    request: int
    """Number of the request, repeated in the answer."""
    items: list[int]
    """Items to inspect."""


class Decode(msgspec.Struct, tag=True):
    """Query for the pictures at latent positions. The answer is `Decoded`."""

    request: int
    """Number of the request, repeated in the answer."""
    points: bytes
    """Latent positions float32 (K, D)."""


class Similar(msgspec.Struct, tag=True):
    """Query for the items that are most similar to some items, or to pictures outside the project.

    The answer is `SimilarFound`.
    """

    request: int
    """Number of the request, repeated in the answer."""
    count: int
    """Number of items to find."""
    items: bytes
    """Items for which similar items are searched, uint32 (K,); empty if there are pictures."""
    pictures: bytes = b""
    """Pictures for which similar items are searched, uint8 of the shape `shape`.

    Empty if there are items.
    """
    shape: list[int] = []
    """Shape of the pictures: (K, H, W) or (K, H, W, 3)."""


class Describe(msgspec.Struct, tag=True):
    """Query for the descriptors of items, which training does not change. The answer is
    `Described`."""

    request: int
    """Number of the request, repeated in the answer."""
    first: int
    """First item to describe."""
    end: int
    """Item after the last one."""


class Probed(msgspec.Struct, tag=True):
    """Answer to `Probe` about K items."""

    request: int
    """Number of the request."""
    step: int
    """Training step at which the query was answered."""
    forces: dict[str, bytes]
    """Force per loss term, float32 (K, D), in nats per latent unit."""
    pictures: bytes
    """Reconstructions uint8 (K, H, W, channels); empty for vectors."""
    error: list[float]
    """Reconstruction error per item, in nats."""
    sigma: bytes
    """Standard deviation of the encoder's posterior, float32 (K, D)."""
    refused: str = ""
    """Reason why the query was refused; "" if it was answered."""


class Decoded(msgspec.Struct, tag=True):
    """Answer to `Decode` for K latent positions."""

    request: int
    """Number of the request."""
    pictures: bytes
    """Pictures uint8 (K, H, W, channels)."""
    refused: str = ""
    """Reason why the query was refused; "" if it was answered."""


class SimilarFound(msgspec.Struct, tag=True):
    """Answer to `Similar`, nearest items first."""

    request: int
    """Number of the request."""
    items: bytes
    """The items, uint32 (K,)."""
    distances: bytes
    """Distance of each item to the nearest example, float32 (K,)."""
    compared: int
    """Number of examples that were compared with all items."""
    space: str
    """Name of the space that was searched."""
    refused: str = ""
    """Reason why the query was refused; "" if it was answered."""


class Described(msgspec.Struct, tag=True):
    """Answer to `Describe` for K items."""

    request: int
    """Number of the request."""
    name: str
    """Name of the space of the descriptors."""
    rows: bytes
    """Descriptors, float32 (K, F)."""
    groups: list[int]
    """Number of features of each group. Features of different groups have different units."""
    refused: str = ""
    """Reason why the query was refused; "" if it was answered."""


Question = Probe | Decode | Similar | Describe
Answer = Probed | Decoded | SimilarFound | Described
