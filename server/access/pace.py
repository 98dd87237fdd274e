"""Pace of requests: more requests than a limit are not refused, they wait.

The wait holds the connection of the sender, so a sender that does not wait for answers fills its
own connections only.
"""

from collections.abc import Hashable

_MAX_KEYS = 1024
"""Number of keys after which the keys without a wait are forgotten."""


class Pace:
    """The earliest time of the next request, by key (generic cell rate algorithm, ITU-T I.371).

    Args:
        per_second: Number of requests per second that do not wait.
        burst: Number of requests that may come at once after a pause.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1 / per_second
        self._burst_seconds = burst / per_second
        self._due: dict[Hashable, float] = {}

    def wait(self, key: Hashable, now: float, requests: int = 1) -> float:
        """Count requests of `key` at time `now`; return the seconds that the sender waits.

        A request that takes longer than others can count as several.
        """
        if len(self._due) > _MAX_KEYS:
            self._due = {other: due for other, due in self._due.items() if due > now}
        due = max(self._due.get(key, now), now) + requests * self._interval
        self._due[key] = due
        return max(0.0, due - self._burst_seconds - now)
