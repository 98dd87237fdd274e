"""The limits on attempts per minute: in total, and per sender (an IP address or a device)."""

from collections import deque

SECONDS = 60.0
"""Length of the period in which attempts are counted, in seconds."""


class Limit:
    """A limit on attempts per minute. It stores the times of allowed attempts only.

    Args:
        in_all: Largest number of attempts per minute, from all senders together.
        per_sender: Largest number of attempts per minute from one sender.
    """

    def __init__(self, in_all: int, per_sender: int) -> None:
        self._in_all = in_all
        self._per_sender = per_sender
        self._all: deque[float] = deque()
        self._by_sender: dict[str, deque[float]] = {}

    def allowed(self, sender: str, now: float) -> bool:
        """Return whether `sender` may make an attempt at time `now`, in seconds.

        Allowed attempts count towards the limits, refused attempts do not.
        """
        self._forget(now - SECONDS)
        own = self._by_sender.get(sender, deque())
        if len(self._all) >= self._in_all or len(own) >= self._per_sender:
            return False
        own.append(now)
        self._by_sender[sender] = own
        self._all.append(now)
        return True

    def _forget(self, before: float) -> None:
        while self._all and self._all[0] < before:
            self._all.popleft()
        for sender, times in list(self._by_sender.items()):
            while times and times[0] < before:
                times.popleft()
            if not times:
                del self._by_sender[sender]
