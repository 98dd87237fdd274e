"""The record of a device that requests access."""

from dataclasses import dataclass

from lodespace.access.devices import FormerDevice
from lodespace.protocol import Role

MAX_RENAMED = 50
"""Largest number of times that a waiting device can change its name."""


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
    former: FormerDevice | None = None
    """The same device before an earlier approval ended; None for a new device."""
    approved_as: Role | None = None
    """Role that the owner has given to the device; None before an approval."""
    denied: bool = False
    """Whether the owner has denied the request."""
    renamed: int = 0
    """Number of times that the device has changed its name."""

    def rename(self, name: str) -> bool:
        """Change the name, unless it is empty. Return whether it changed.

        Each change is sent to the owner's pages, so a device can change its name only
        MAX_RENAMED times.
        """
        if not name or name == self.name or self.renamed >= MAX_RENAMED:
            return False
        self.name = name
        self.renamed += 1
        return True
