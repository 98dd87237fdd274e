"""Ctrl-C and SIGTERM during an import: an error is raised only where the import can stop.

A signal at any other point of the main thread can leave a lock of the thread pool held, because a
`with` statement may be entered and not left (CPython issue 29988). Shutting the pool down would
then wait forever.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from lodespace.errors import StoppedError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Context manager that delays the first Ctrl-C or SIGTERM until `check` is called.

    A second signal raises KeyboardInterrupt immediately.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        """Prepare to stop. `stop` is an event that another thread sets to stop the import."""
        self._stop = stop
        self._asked: int | None = None
        self._before: dict[int, Any] = {}

    def check(self) -> None:
        """Raise the error of the signal if there was one.

        Raises StoppedError if another thread has asked to stop.
        """
        if self._asked is not None:
            self._before[self._asked](self._asked, None)
            raise KeyboardInterrupt
        check_stop(self._stop)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._asked is not None:
            raise KeyboardInterrupt
        self._asked = number

    def __enter__(self) -> Self:
        # Only the main thread receives signals. If the caller ignores a signal, it stays ignored.
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if callable(signal.getsignal(number)):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def check_stop(stop: threading.Event | None) -> None:
    """Raise StoppedError if the event `stop` is set."""
    if stop is not None and stop.is_set():
        raise StoppedError("the import was stopped")
