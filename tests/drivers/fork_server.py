"""A process that has loaded Lodespace and torch, and forks a process for each request.

    python tests/drivers/fork_server.py NAME LISTENER

LISTENER is the file descriptor of a socket that listens; NAME is the name of this socket. Each
connection is a process (`ForkedProcess` in drivers/forked.py). The client sends the request as a
line of JSON, with the file descriptors of the process. The server answers with a line that has the
process id, and, when the process has ended, with a line that has its exit status. When the client
closes the connection, the process is killed. The server ends when its standard input is closed. All
processes are killed when the server ends, and also when it is killed.
"""

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
MOST_BYTES = 1 << 16
MOST_FILES = 64
LOADED = (
    "lodespace.cli",
    "lodespace.predict.predictor",
    "lodespace.project.opening",
    "lodespace.training.worker",
    "lodespace.training.workers",
    "lodespace.web.server",
)
"""Modules that the server loads before it forks."""


def load(name: str) -> None:
    """Load the modules. Processes that a fork starts become forks of the server `name` as well."""
    from lodespace.models.light_torch import leave_out_compiler

    # A fork has one thread only. Other threads, which may hold locks, do not exist in it.
    os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    leave_out_compiler()
    for module in LOADED:
        importlib.import_module(module)
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from drivers.forked import forked_command
    from lodespace.predict.process import PredictionProcess
    from lodespace.training.supervisor import TrainerSupervisor

    TrainerSupervisor.command = forked_command(name, "lodespace.training.process_main")
    PredictionProcess.command = forked_command(name, "lodespace.predict.process_main")
    assert len(os.listdir("/proc/self/task")) == 1
    gc.collect()
    gc.freeze()


class ForkServer:
    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._processes: set[int] = set()

    def serve(self) -> None:
        """Answer requests until standard input is closed. Then kill all processes."""
        self._selector.register(self._listener, selectors.EVENT_READ, self._begin)
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    for process in self._processes:
                        os.kill(process, signal.SIGKILL)
                    return
                key.data()

    def _begin(self) -> None:
        connection, _ = self._listener.accept()
        text, files, _, _ = socket.recv_fds(connection, MOST_BYTES, MOST_FILES)
        while text and not text.endswith(b"\n"):
            text += connection.recv(MOST_BYTES)
        if not text:
            connection.close()
            return
        server = os.getpid()
        process = os.fork()
        if process == 0:
            end_with(server)
            run(json.loads(text), files)
        for number in files:
            os.close(number)
        self._processes.add(process)
        handle = os.pidfd_open(process)
        read = selectors.EVENT_READ
        self._selector.register(handle, read, partial(self._end, process, handle, connection))
        self._selector.register(connection, read, partial(self._leave, process, connection))
        connection.sendall(b"%d\n" % process)

    def _leave(self, process: int, connection: socket.socket) -> None:
        """Kill a process whose client has closed the connection."""
        with contextlib.suppress(KeyError, ValueError):  # the process has ended at the same time
            self._selector.unregister(connection)
        if process in self._processes:
            os.kill(process, signal.SIGKILL)

    def _end(self, process: int, handle: int, connection: socket.socket) -> None:
        """Report the exit status of a process that has ended."""
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        self._processes.remove(process)
        self._selector.unregister(handle)
        os.close(handle)
        with contextlib.suppress(KeyError):  # the client has closed it
            self._selector.unregister(connection)
        with contextlib.suppress(OSError):
            connection.sendall(b"%d\n" % status)
        connection.close()


def end_with(server: int) -> None:
    """Let Linux kill this process, which is a fork, as soon as its server has ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:  # the server ended before this call
        os._exit(1)


def run(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Run the module of a request in this process, which is a fork, and end the process."""
    if request["new_session"]:
        os.setsid()
    targets = request["files"]
    # Numbers above all targets, so that no target replaces a file that is still needed.
    above = max([*targets, 2]) + 1
    moved = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, above) for number in files]
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in moved:
            with contextlib.suppress(OSError):
                os.close(number)
    for number, target in zip(moved, targets, strict=True):
        os.dup2(number, target)
        os.close(number)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = [request["module"], *request["arguments"]]
    os._exit(exit_status(request["module"]))


def exit_status(module: str) -> int:
    """Run a module as the main module. Returns the exit status with which Python would end."""
    status = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # waits for the threads that are not daemons
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    return status


def main() -> None:
    name, listener = sys.argv[1:]
    load(name)
    ForkServer(socket.socket(fileno=int(listener))).serve()


if __name__ == "__main__":
    main()
