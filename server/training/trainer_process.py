"""One run of the trainer process, from its start to its end."""

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable
from enum import Enum, auto

import msgspec

from lodespace.training import messages as m
from lodespace.training import turn_watch
from lodespace.training.turn_watch import TurnWatch

log = logging.getLogger(__name__)

START_AGAIN_SECONDS = 15.0
"""Seconds before the next attempt if the system could not start a process."""
CLOSED_SECONDS = 0.5
"""Time in seconds that a process gets to end by itself after its pipe is closed. After this time,
the process is killed."""


class Ending(Enum):
    """How a run of the trainer process ended."""

    KILLED = auto()
    """The process ended without an error message: another program has killed it."""
    HUNG = auto()
    """The process hangs (turn_watch.py)."""
    FAILED = auto()
    """The process reported an error and ended."""
    FATAL = auto()
    """The process reported an error and ended. The same error would occur in a new process."""


class TrainerProcess:
    """A running trainer process."""

    command: tuple[str, ...] = (sys.executable, "-P", "-m", "lodespace.training.process_main")
    """Command line. With -P, no file in the current folder replaces a module of the same name."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.at_work_seconds = 0.0
        """Seconds from the first to the newest event of the main loop."""
        self.failure: m.Failed | None = None
        """The error that ended the trainer; None if the trainer reported no error."""

    @classmethod
    async def start(
        cls, frames_fd: int, command: tuple[str, ...] | None = None
    ) -> "TrainerProcess":
        """Start the process, which inherits the file descriptor of the ring of frames."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(command or cls.command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                pass_fds=(frames_fd,),
                start_new_session=True,  # so that Ctrl-C in the terminal reaches only the server
            )
        )

    @classmethod
    async def start_when_possible(
        cls,
        frames_fd: int,
        command: tuple[str, ...],
        on_refused: Callable[[Exception], None],
    ) -> "TrainerProcess":
        """Do the same as `start`, and try again while the system cannot start a process.

        The system may lack file descriptors, memory or threads (RuntimeError) for a long time.
        `on_refused` is called with the error of each failed attempt.
        """
        while True:
            try:
                return await cls.start(frames_fd, command)
            except (OSError, RuntimeError) as error:
                log.warning("the trainer cannot be started: %s", error)
                on_refused(error)
                await asyncio.sleep(START_AGAIN_SECONDS)

    @property
    def pid(self) -> int:
        """Id of the process in the operating system."""
        return self._process.pid

    def send(self, command: msgspec.Struct) -> None:
        """Send a command. Does nothing if the process has ended."""
        pipe = self._process.stdin
        if pipe is None or pipe.is_closing():
            return
        with contextlib.suppress(ConnectionError, RuntimeError):
            pipe.write(m.packed(command))

    async def listen(
        self,
        on_event: Callable[[m.TrainerEvent], None],
        watch: TurnWatch,
        on_slow: Callable[[], None],
    ) -> Ending:
        """Call `on_event` with each event until the process ends or hangs.

        Call `on_slow` once for each turn that `watch` reports as slow.
        """
        reading = asyncio.create_task(self._read_events(on_event, watch))
        warned = False
        try:
            while not reading.done():
                await asyncio.wait({reading}, timeout=turn_watch.TICK_SECONDS)
                watch.tick()
                if watch.slow and not warned:
                    log.warning("the trainer has not finished a turn for %.0f s", watch.in_turn)
                    on_slow()
                warned = watch.slow
                if watch.hangs:
                    log.warning("the trainer hangs and is killed")
                    return Ending.HUNG
            return reading.result()
        finally:
            reading.cancel()

    async def _read_events(
        self, on_event: Callable[[m.TrainerEvent], None], watch: TurnWatch
    ) -> Ending:
        assert self._process.stdout is not None
        first_event = None
        while True:
            try:
                head = await self._process.stdout.readexactly(m.LENGTH.size)
                payload = await self._process.stdout.readexactly(m.LENGTH.unpack(head)[0])
            except (asyncio.IncompleteReadError, ConnectionError):
                return Ending.KILLED
            event = m.decode_event(payload)
            if isinstance(event, m.Alive):
                watch.heartbeat(event.turns, event.processor_seconds)
                continue
            watch.event()
            now = time.monotonic()
            first_event = now if first_event is None else first_event
            self.at_work_seconds = now - first_event
            if isinstance(event, m.Failed):
                self.failure = event
                return Ending.FATAL if event.fatal else Ending.FAILED
            on_event(event)

    async def end(self, seconds: float = CLOSED_SECONDS) -> None:
        """Wait until the process ends by itself, at most `seconds`; then kill the process."""
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            # Otherwise the pipes and the thread of the process would outlive the event loop.
            await self._process.wait()
