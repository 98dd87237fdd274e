"""Rate limits for unknown devices, per minute: in total, and per address."""

from collections import deque

SECONDS = 60.0
"""Length of the period in which attempts are counted."""


class Limit:
    """A limit on attempts per minute. Only allowed attempts are stored, at most `in_all`.

    Args:
        in_all: Largest number of attempts per minute, from all addresses together.
        per_address: Largest number of attempts per minute from one address.
    """

    def __init__(self, in_all: int, per_address: int) -> None:
        self._in_all = in_all
        self._per_address = per_address
        self._all: deque[float] = deque()
        self._by_address: dict[str, deque[float]] = {}

    def allowed(self, address: str, now: float) -> bool:
        """Return whether `address` may make an attempt at time `now`, in seconds.

        An allowed attempt is counted.
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
