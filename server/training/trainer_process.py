"""One run of the trainer process, from its start to its end."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable
from enum import Enum, auto

import msgspec

from lodespace.training import messages as m

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 9.0
"""A trainer that sends nothing for this number of seconds counts as hung, and is killed."""
START_SECONDS = 60.0
"""Seconds after which the server kills a new trainer that has sent no message. The time is long,
because the trainer first loads torch."""
START_AGAIN_SECONDS = 15.0
"""Seconds before the next attempt if the system could not start a process."""
CLOSED_SECONDS = 0.5
"""Seconds in which a process can end by itself after its pipe is closed. Then it is killed."""


class Ending(Enum):
    """How a run of the trainer process ended."""

    KILLED = auto()
    """The process had already trained. The server killed it because it hung, or another program
    killed it."""
    EXITED_EARLY = auto()
    """The process ended before it had trained, without an error message."""
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

    async def listen(self, on_event: Callable[[m.TrainerEvent], None]) -> Ending:
        """Call `on_event` with each event until the process ends or hangs."""
        assert self._process.stdout is not None
        patience = START_SECONDS
        trained = False
        while True:
            try:
                async with asyncio.timeout(patience):
                    head = await self._process.stdout.readexactly(m.LENGTH.size)
                    payload = await self._process.stdout.readexactly(m.LENGTH.unpack(head)[0])
            except (asyncio.IncompleteReadError, ConnectionError):
                return Ending.KILLED if trained else Ending.EXITED_EARLY
            except TimeoutError:
                log.warning("the trainer sent nothing for %.0f s and is killed", patience)
                return Ending.KILLED if trained else Ending.EXITED_EARLY
            patience = HEARTBEAT_SECONDS
            event = m.decode_event(payload)
            if isinstance(event, m.Failed):
                self.failure = event
                return Ending.FATAL if event.fatal else Ending.FAILED
            trained = trained or isinstance(event, m.FrameReady)
            on_event(event)

    async def end(self, seconds: float = CLOSED_SECONDS) -> None:
        """Wait until the process ends by itself, at most `seconds`; then kill the process."""
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()  # else its pipes and its thread outlive the event loop
