"""Handling of Ctrl-C during an import: KeyboardInterrupt is raised only where the import can stop.

An interrupt at any other point of the main thread can leave a lock of the thread pool held, because
a `with` statement may be entered and not left (CPython issue 29988). Shutting the pool down would
then wait forever.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruption:
    """Context manager that delays the first Ctrl-C until `check` is called.

    A second Ctrl-C raises KeyboardInterrupt immediately.
    """

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
        # Only the main thread receives signals. If the caller ignores Ctrl-C, Ctrl-C stays ignored.
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
