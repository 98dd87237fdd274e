"""The interface through which the pairing manager uses the open streams of devices.

A stream is the WebSocket of a page that a device shows.
"""

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
        """Handle a change of access: a device requested access, was approved, or was revoked.

        `overview` returns the waiting and the approved devices.
        """
        ...


class NoStreams:
    """A DeviceStreams without any streams, for a pairing manager without clients."""

    def connected(self, device: str) -> int:
        """Return 0."""
        del device
        return 0

    def close_revoked(self, device: str) -> None:
        """Do nothing."""

    def access_changed(self, overview: Callable[[], protocol.Access]) -> None:
        """Do nothing."""
