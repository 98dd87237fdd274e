"""A limit on repeated messages of the log, so that a repeated error does not fill a disk."""

import logging
import threading
import time
from collections.abc import Callable

SAME_SECONDS = 60.0
"""Length, in seconds, of the period in which equal messages are logged only once."""
SIMILAR_PER_PERIOD = 20
"""Largest number of messages that one log call in the source code may write in a period.

Messages of one call differ if they contain a variable part, such as the name of a client.
"""
_MAX_KNOWN = 1024
"""Largest number of message kinds that are counted. The oldest counts are removed first."""


class _Period:
    """Number of messages of one kind in a period, and the time at which the period began."""

    def __init__(self, began: float) -> None:
        self.began = began
        """Time of the first message of the period, in seconds."""
        self.count = 0
        """Number of messages in the period."""


class RepeatLimit(logging.Filter):
    """Leaves out of the log each message that repeats an earlier message of the same minute.

    When the message is logged again later, its line states how many messages were left out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        """Lock of the counts: logging calls a filter from all threads, without a lock."""
        self._equal: dict[tuple[object, ...], _Period] = {}
        self._similar: dict[tuple[object, ...], _Period] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the message is logged."""
        call = (record.name, record.levelno, str(record.msg))
        reason = repr(record.exc_info[1]) if record.exc_info else ""
        equal = (*call, record.getMessage(), reason)
        now = self._clock()
        with self._lock:
            equal_refused = self._count(self._equal, equal, 1, now)
            if equal_refused is None:
                return False
            similar_refused = self._count(self._similar, call, SIMILAR_PER_PERIOD, now)
            if similar_refused is None:
                return False
        refused = max(similar_refused, equal_refused)
        if refused:
            record.msg = f"{record.getMessage()} ({refused} similar messages were not logged)"
            record.args = None
        return True

    def _count(
        self,
        periods: dict[tuple[object, ...], _Period],
        key: tuple[object, ...],
        most: int,
        now: float,
    ) -> int | None:
        """Count a message. Return None if the message is refused.

        For an allowed message, return the number of messages that were refused since the last
        allowed message.
        """
        if len(periods) > _MAX_KNOWN:
            for known in [k for k, p in periods.items() if now - p.began >= SAME_SECONDS]:
                del periods[known]
            while len(periods) > _MAX_KNOWN:
                del periods[next(iter(periods))]
        period = periods.get(key)
        refused = 0
        if period is None or now - period.began >= SAME_SECONDS:
            refused = max(0, period.count - most) if period is not None else 0
            period = periods[key] = _Period(now)
        period.count += 1
        return None if period.count > most else refused
