"""The pipe by which the trainer process sends events to the server."""

import contextlib
import threading
import time
from typing import BinaryIO

import msgspec

from lodespace.training import messages as m

ALIVE_SECONDS = 1.0
"""Seconds between two `Alive` messages."""


class EventPipe:
    """Sends events to the server. Sending raises BrokenPipeError when the server has ended.

    The main thread and the thread of the heartbeat both send events. A lock keeps the events apart.
    """

    def __init__(self, pipe: BinaryIO) -> None:
        self.turns = 0
        """Number of turns of the main loop that are done. Each heartbeat reports it."""
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, event: msgspec.Struct) -> None:
        """Write `event` and flush."""
        with self._lock:
            self._pipe.write(m.packed(event))
            self._pipe.flush()

    def send_failure(self, message: str, *, fatal: bool) -> None:
        """Report the error that ends the process. Set `fatal` if a new process would fail too."""
        self.send(m.Failed(message, fatal))

    def start_heartbeat(self) -> None:
        """Send `Alive` from a thread every ALIVE_SECONDS, until the process or the server ends."""
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def _beat(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            while True:
                self.send(m.Alive(self.turns, time.process_time()))
                time.sleep(ALIVE_SECONDS)
