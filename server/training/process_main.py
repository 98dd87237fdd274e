"""Entry point of the trainer process, which `trainer_process.py` starts with `python -m`.

Commands arrive on standard input, and events leave on standard output. The process ends at once
when its server ends, even if the server was killed. It must end, because the next server on the
project starts its own trainer, and two trainers must not write checkpoints of one project. torch
takes seconds to load, so this module imports the modules that need torch only after it watches the
server.
"""

import contextlib
import ctypes
import logging
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from lodespace.errors import LodespaceError, TrainingError
from lodespace.training import messages as m
from lodespace.training.checkpoint_lock import CheckpointLock
from lodespace.training.event_pipe import EventPipe

log = logging.getLogger(__name__)

NICENESS = 5
"""Increase of the trainer's nice value, so that the server has priority on a busy processor."""
_AUTOGROUP = Path("/proc/self/autogroup")
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class CommandReader:
    """Reads commands of the server from `pipe`, in a thread of its own."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.commands: queue.SimpleQueue[m.Command | None] = queue.SimpleQueue()
        """Commands that the main loop has not carried out yet."""
        self.starting = True
        """Whether the process still loads torch, data and model, so that it has nothing to save."""
        self._pipe = pipe

    def start(self) -> None:
        """Start the thread. The thread ends the process when the server closes the pipe."""
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def _read(self) -> None:
        while (command := m.read_command(self._pipe)) is not None:
            if isinstance(command, m.Stop):
                if self.starting:
                    os._exit(0)
                # The commands before `Stop` are discarded. After many quick gestures, they would
                # take longer than the server waits for the end of this process. The next process
                # receives the inputs that result from them.
                self._forget_waiting()
            self.commands.put(command)
        # The process ends here and not in the main thread, which may be busy for seconds. Files are
        # replaced atomically, so the newest checkpoint is complete.
        os._exit(1)

    def _forget_waiting(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.commands.get_nowait()


def end_with_parent() -> None:
    """Let Linux kill this process as soon as the thread that started it ends.

    Other systems do not have this call. There, the end of the pipe of commands ends the process.
    """
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        except (OSError, AttributeError) as error:
            log.info("the trainer is not killed together with its server: %s", error)


def give_way() -> None:
    """Lower the priority of this thread and of the threads that it starts later.

    Then the server has priority when server and trainer need the same processor. Linux divides the
    time of a processor among sessions (setsid) before it looks at threads (sched_autogroup), and
    the trainer has a session of its own. So this function also lowers that session's priority.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # not Linux, or a kernel without autogroups
        _AUTOGROUP.write_text(str(NICENESS))


def main() -> int:
    """Run the trainer process and return its exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="trainer: %(message)s")
    end_with_parent()
    events = EventPipe(os.fdopen(os.dup(1), "wb"))
    events.start_heartbeat()  # before torch is loaded, which takes seconds to minutes
    os.dup2(2, 1)  # prints go to standard error, because standard output is the pipe of events
    start = m.read_command(sys.stdin.buffer)
    if not isinstance(start, m.Start):
        return 2
    reader = CommandReader(sys.stdin.buffer)
    reader.start()
    try:
        return _train(start, reader, events)
    except BrokenPipeError:
        return 1  # the server has ended
    except TrainingError as error:
        events.send_failure(str(error), fatal=False)
        return 1
    except Exception as error:
        log.exception("training failed")
        events.send_failure(f"{type(error).__name__}: {error}", fatal=False)
        return 1


def _train(start: m.Start, reader: CommandReader, events: EventPipe) -> int:
    """Train until a command stops the process. Returns the exit status."""
    import torch

    from lodespace.models.light_torch import leave_out_compiler
    from lodespace.models.workers.team import WorkerLostError
    from lodespace.training.worker import Worker
    from lodespace.training.workers import team_for

    leave_out_compiler()
    torch.set_num_threads(start.threads)
    give_way()
    lock = CheckpointLock(Path(start.checkpoints))
    with contextlib.ExitStack() as stack:
        try:
            lock.acquire()
            team = stack.enter_context(team_for(start.workers, start.device, start.threads))
            worker = Worker(start, reader.commands, events, team)
        except TrainingError:
            raise  # The other trainer ends soon, so a new process can succeed.
        except (ValueError, LodespaceError) as error:
            # The data or the settings are wrong, so a new process would fail as well.
            events.send_failure(str(error), fatal=True)
            return 2
        reader.starting = False
        try:
            worker.run()
        except WorkerLostError as error:
            raise TrainingError(str(error)) from error
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # Exit without the destructors of torch, which took more than a second on a busy machine. A
    # person may wait for the end of the server. All files are complete.
    os._exit(status)
