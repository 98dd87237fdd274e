"""Pace of requests: requests above a limit are delayed, not refused.

A delayed request keeps its connection busy. A sender that does not wait for answers therefore fills
only its own connections.
"""

from collections.abc import Hashable

_MAX_KEYS = 1024
"""Largest number of stored keys.

When there are more keys, `wait` removes the keys without recent requests: their full burst is
available again.
"""


class Pace:
    """A limit on the rate of requests per key, by the generic cell rate algorithm (ITU-T I.371).

    Args:
        per_second: Number of requests per second that do not wait.
        burst: Number of requests that do not wait if they come together after a pause.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1 / per_second
        self._burst_seconds = burst / per_second
        self._due: dict[Hashable, float] = {}

    def wait(self, key: Hashable, now: float, requests: int = 1) -> float:
        """Count requests of `key` at time `now`. Return the seconds that the sender has to wait.

        A request that takes longer than others can count as several requests.
        """
        if len(self._due) > _MAX_KEYS:
            self._due = {other: due for other, due in self._due.items() if due > now}
        due = max(self._due.get(key, now), now) + requests * self._interval
        self._due[key] = due
        return max(0.0, due - self._burst_seconds - now)
