"""Stopping a command by Ctrl-C or by a queue system, after the current unit of work."""

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType

EXIT_STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""Exit status of a command that a signal stopped."""


class Stopped(KeyboardInterrupt):
    """Raised when a signal has stopped a command."""

    def __init__(self, message: str, status: int = EXIT_STATUS[signal.SIGINT]) -> None:
        super().__init__(message)
        self.status = status
        """Exit status of the command."""


class StopRequest:
    """A request to stop the command. A signal handler sets it."""

    def __init__(self) -> None:
        self.status = 0
        """Exit status that belongs to the signal; 0 without a request."""

    def __bool__(self) -> bool:
        return bool(self.status)

    def set(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal `number`. A second signal ends the command at once."""
        del frame
        self.status = EXIT_STATUS[signal.Signals(number)]
        signal.signal(number, signal.default_int_handler)


@contextlib.contextmanager
def stop_request() -> Generator[StopRequest]:
    """Yield an object that becomes true after SIGINT or SIGTERM.

    Python allows signal handlers only in the main thread. In other threads, the signals keep their
    usual effect.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, request.set) for number in EXIT_STATUS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def ending_on_sigterm() -> Generator[None]:
    """Let SIGTERM raise `Stopped` in the `with` block, so that unfinished files are removed.

    Otherwise, SIGTERM ends Python at once. Nothing is changed outside of the main thread, or if
    SIGTERM has another handler.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    raise Stopped("stopped by SIGTERM", EXIT_STATUS[signal.Signals(number)])
