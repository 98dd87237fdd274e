"""The pipe by which the trainer process sends events to the server."""

import contextlib
import threading
from collections.abc import Generator
from typing import BinaryIO

import msgspec

from lodespace.training import messages as m

ALIVE_SECONDS = 1.0
"""Seconds between two `Alive` messages while the process is too busy to report its state."""


class EventPipe:
    """Sends events to the server. Each method raises BrokenPipeError when the server has ended."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe

    def send(self, event: msgspec.Struct) -> None:
        """Write `event` and flush."""
        self._pipe.write(m.packed(event))
        self._pipe.flush()

    def send_failure(self, message: str, *, fatal: bool) -> None:
        """Report the error that ends the process. Set `fatal` if a new process would fail too."""
        self.send(m.Failed(message, fatal))

    @contextlib.contextmanager
    def heartbeat(self) -> Generator[None]:
        """Send `Alive` from a thread every ALIVE_SECONDS during the `with` block."""
        done = threading.Event()

        def beat() -> None:
            with contextlib.suppress(BrokenPipeError):
                while True:
                    self.send(m.Alive())
                    if done.wait(ALIVE_SECONDS):
                        return

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
