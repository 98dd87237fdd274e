"""Pace of the shown motion: points move as far per second whether frames are fast or slow.

The page moves the points from one frame to the next within the usual time between two frames, which
it measures in the same way (webxr_client/src/state/latent-state.ts). One late frame therefore must
not move them further, or the motion would jerk.
"""

UNIT_RATE = 25.0
"""Number of units of work per second to which SPEED_LIMIT (display.py) refers. SPEED_LIMIT is the
longest move of a point in one unit. With more or fewer units per second, this limit is lowered or
raised, so that the largest speed per second stays the same."""
LONGEST = 6.0
"""Largest pace. The page moves the points for at most 250 ms per frame."""
_SHORTEST = 0.01
"""Smallest pace."""
_WEIGHT = 0.15
"""Weight of the newest unit in the usual duration of a unit."""


class Tempo:
    """Measures how long units of work take.

    Args:
        now: Time at which the first unit begins, in seconds.
    """

    def __init__(self, now: float) -> None:
        self._last = now
        self._usual = 1 / UNIT_RATE

    def resume(self, now: float) -> None:
        """Begin a unit at the time `now`, in seconds, after a time without units."""
        self._last = now - 1 / UNIT_RATE

    def next(self, now: float) -> float:
        """Return how far the points may move in the unit that begins at the time `now`, in seconds.

        This is the duration of the previous unit, but not more than its usual duration, as a
        multiple of the duration to which SPEED_LIMIT refers.
        """
        duration, self._last = min(now - self._last, LONGEST / UNIT_RATE), now
        self._usual += _WEIGHT * (duration - self._usual)
        limited = min(duration, max(self._usual, 1 / UNIT_RATE))
        return max(_SHORTEST, limited * UNIT_RATE)
