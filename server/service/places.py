"""Places for streams: limits in all and per device, with places kept for the owner."""

import contextlib
from collections import Counter
from collections.abc import Generator

from lodespace.config import ServerConfig
from lodespace.errors import LodespaceError

OWNER_SHARE = 8
"""One of this number of places is kept for the owner."""


class StreamPlaces:
    """Counts the open streams, also those that are still being opened."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def taken(self, device: str, *, owner: bool) -> Generator[None]:
        """Take a place for the duration of a `with` statement.

        `device` is the id of the device, "" for the owner on this machine. Raises LodespaceError
        when the device, or all devices together, have too many streams. Streams of owners have a
        limit only together with all others.
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
