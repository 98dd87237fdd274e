"""Limits on the attempts of unknown devices per minute: in total, and per IP address."""

from collections import deque

SECONDS = 60.0
"""Length of the period in which attempts are counted, in seconds."""


class Limit:
    """A limit on attempts per minute. It stores the times of allowed attempts only.

    Args:
        in_all: Largest number of attempts per minute, from all IP addresses together.
        per_address: Largest number of attempts per minute from one IP address.
    """

    def __init__(self, in_all: int, per_address: int) -> None:
        self._in_all = in_all
        self._per_address = per_address
        self._all: deque[float] = deque()
        self._by_address: dict[str, deque[float]] = {}

    def allowed(self, address: str, now: float) -> bool:
        """Return whether the IP address `address` may make an attempt at time `now`, in seconds.

        Allowed attempts count towards the limits, refused attempts do not.
        """
        self._forget(now - SECONDS)
        own = self._by_address.get(address, deque())
        if len(self._all) >= self._in_all or len(own) >= self._per_address:
            return False
        own.append(now)
        self._by_address[address] = own
        self._all.append(now)
        return True

    def _forget(self, before: float) -> None:
        while self._all and self._all[0] < before:
            self._all.popleft()
        for address, times in list(self._by_address.items()):
            while times and times[0] < before:
                times.popleft()
            if not times:
                del self._by_address[address]
