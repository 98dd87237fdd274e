"""The pages of a scene in tiles that wait for a change. A scene in tiles has no stream."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable

from lodespace import protocol


class WaitingPages:
    """Requests of pages that are answered when something has changed.

    Implements DeviceStreams (access/device_streams.py), so decisions about devices also wake the
    waiting pages.
    """

    def __init__(self) -> None:
        self.access_version = 1
        """Number that changes whenever a device requested access, was approved, or was revoked."""
        self._devices = Counter[str]()
        self._changed = asyncio.Event()
        self._closed = False

    async def wait(self, device: str, news: Callable[[], bool], seconds: float) -> None:
        """Wait at most `seconds` until `news()` is true. `device` is "" for the owner."""
        self._devices[device] += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not self._closed and not news():
                        await self._changed.wait()
        finally:
            self._devices[device] -= 1
            if not self._devices[device]:
                del self._devices[device]

    def wake(self) -> None:
        """Make all waiting requests check for news."""
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Answer all waiting and later requests at once, because the server stops."""
        self._closed = True
        self.wake()

    # Streams of devices, for the pairing manager ----------------------------------------

    def connected(self, device: str) -> int:
        """Return the number of waiting pages of a device."""
        return self._devices[device]

    def close_revoked(self, device: str) -> None:
        """Make the pages of a revoked device ask again, which is refused."""
        del device
        self.wake()

    def access_changed(self, overview: Callable[[], protocol.Access]) -> None:
        """Make the pages of the owner ask for the waiting and the approved devices."""
        del overview
        self.access_version += 1
        self.wake()
