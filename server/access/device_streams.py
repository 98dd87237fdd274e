"""The interface through which the pairing manager reaches the open streams of devices."""

from collections.abc import Callable
from typing import Protocol

from lodespace import protocol


class DeviceStreams(Protocol):
    """The open streams of all devices."""

    def connected(self, device: str) -> int:
        """Return the number of open streams of a device."""
        ...

    def close_revoked(self, device: str) -> None:
        """Close all streams of a revoked device."""
        ...

    def access_changed(self, overview: Callable[[], protocol.Access]) -> None:
        """Called when a device requests access, is approved, or is revoked.

        `overview` returns the waiting and approved devices.
        """
        ...


class NoStreams:
    """The streams of a pairing manager without clients: there are none."""

    def connected(self, device: str) -> int:
        """Return 0."""
        del device
        return 0

    def close_revoked(self, device: str) -> None:
        """Do nothing."""

    def access_changed(self, overview: Callable[[], protocol.Access]) -> None:
        """Do nothing."""
