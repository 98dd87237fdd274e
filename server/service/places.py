"""The limits on the number of open streams: in total and per device.

A part of the total is reserved for the owner.
"""

import contextlib
from collections import Counter
from collections.abc import Generator

from lodespace.config import ServerConfig
from lodespace.errors import LodespaceError

OWNER_SHARE = 8
"""The total number of streams divided by this number is reserved for the owner."""


class StreamPlaces:
    """Counts the streams that are open or being opened."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def taken(self, device: str, *, owner: bool) -> Generator[None]:
        """Count one more stream of `device` for the duration of a `with` statement.

        Args:
            device: Id of the device; "" for the owner on this machine.
            owner: Whether the client has the role `owner`. The limit per device does not apply to
                owners.

        Raises:
            LodespaceError: The device, or all devices together, have too many streams.
        """
        most, most_of_device = self._config.max_clients, self._config.max_streams_of_device
        if not owner:
            most -= most // OWNER_SHARE
        if self._taken.total() >= most:
            raise LodespaceError(
                "Too many pages are open on this session. Close some of them.",
                code="too_many_clients",
                status=503,
            )
        if not owner and self._taken[device] >= most_of_device:
            raise LodespaceError(
                f"This device has {most_of_device} pages of this session open. Close one of them.",
                code="too_many_clients",
                status=503,
            )
        self._taken[device] += 1
        try:
            yield
        finally:
            self._taken[device] -= 1
            if not self._taken[device]:
                del self._taken[device]
