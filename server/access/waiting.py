"""The record of a device that requests access."""

from dataclasses import dataclass

from lodespace.protocol import Role


@dataclass(kw_only=True, eq=False)
class Waiting:
    """A request for access that has not expired."""

    request: str
    """Id of the request, which the owner's decision refers to."""
    secret_hash: str
    """SHA-256 of the secret with which the device polls, hexadecimal."""
    code: str
    """Code that the device shows, so that the owner can recognise the device."""
    name: str
    """Name of the device."""
    address: str
    """IP address that the request came from."""
    since: float
    """Time of the request, in seconds of the pairing manager's clock."""
    polled_at: float
    """Time of the last poll, in seconds of the pairing manager's clock."""
    approved_as: Role | None = None
    """Role that the owner has given to the device; None before an approval."""
    denied: bool = False
    """Whether the owner has denied the request."""
