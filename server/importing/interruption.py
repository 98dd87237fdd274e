"""Ctrl-C that is raised only where the import can stop.

An interrupt that is raised at any other point of the main thread can leave a lock of the thread
pool held. Shutting the pool down then waits forever: a `with` statement may be entered and not left
(CPython issue 29988).
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruption:
    """Context in which `check` raises the first Ctrl-C. A second one is raised at once."""

    def __init__(self) -> None:
        self._asked = False
        self._before: Any = None

    def check(self) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def __enter__(self) -> Self:
        # Python delivers signals to the main thread. A caller that ignores Ctrl-C keeps doing so.
        if threading.current_thread() is threading.main_thread() and callable(
            signal.getsignal(signal.SIGINT)
        ):
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
