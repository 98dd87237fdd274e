"""Ctrl-C at a place where it does no harm.

Raised wherever the main thread happens to be, an interrupt can leave a lock of the thread pool held, and shutting the pool down would
wait for ever (a `with` statement may be entered and not left: CPython issue 29988).
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruption:
    """While it lasts, the first Ctrl-C is noted, and raised by `check`; a second one comes at once."""

    def __init__(self) -> None:
        self._asked = False
        self._before: Any = None

    def check(self) -> None:
        """Raises KeyboardInterrupt if there was one."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def __enter__(self) -> Self:
        # Only the main thread hears signals; and who has switched them off shall not hear them here.
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
