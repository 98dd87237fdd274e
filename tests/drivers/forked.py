"""Processes that start as forks of a process which has loaded Lodespace and torch.

A start of `lodespace serve` with its trainer takes seconds of processor time to load modules. A
fork takes some hundredths of a second. Only Linux has such forks; on other systems, tests start
the commands.

    python -I -S tests/drivers/forked.py SOCKET MODULE ARGUMENT...

runs `python -m MODULE ARGUMENT...` as such a fork, with the files, the environment and the folder
of this process, and ends as the fork ends. This module imports little, so that this start is short.
"""

import json
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from subprocess import Popen

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fork_server.py")


class ForkedProcess:
    """A fork that runs a module, with the methods of subprocess.Popen that tests use."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        files: Mapping[int, int],
        *,
        new_session: bool = False,
    ) -> None:
        """Start the process.

        Args:
            name: name of the socket of the fork server.
            module: name of the module, which runs as the main module.
            arguments: arguments of the command line.
            environment: environment of the process.
            files: per file descriptor of the process, the file descriptor in this process.
            new_session: whether the process is the leader of a new session.
        """
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.connect("\0" + name)
        request = {
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": os.getcwd(),
            "files": list(files),
            "new_session": new_session,
        }
        text = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(self._connection, [text], list(files.values()))
        self._connection.sendall(text[sent:])
        self._answers = self._connection.makefile("rb")
        self.pid = int(self._answers.readline())

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended.

        Returns its exit status, which is negative after a signal. Raises
        subprocess.TimeoutExpired.
        """
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                from subprocess import TimeoutExpired

                raise TimeoutExpired("fork", timeout or 0.0)
            # A fork is killed together with its server, which then does not answer.
            self.returncode = int(self._answers.readline() or -signal.SIGKILL)
            self._answers.close()
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


FORKS = {"enabled": False}
"""Whether processes are forks. Pytest enables this (conftest.py). Benchmarks start the commands, as
users do."""


@cache
def fork_server() -> str | None:
    """Start the fork server of this process.

    Returns the name of its socket; None on systems other than Linux, and where forks are not
    enabled. The server ends with this process.
    """
    if sys.platform != "linux" or not FORKS["enabled"]:
        return None
    import atexit
    from subprocess import PIPE, Popen

    name = f"lodespace-tests-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind("\0" + name)
        listener.listen()
        number = listener.fileno()
        command = [sys.executable, SERVER, name, str(number)]
        server = Popen(command, stdin=PIPE, pass_fds=(number,))

    def end() -> None:
        server.communicate()

    atexit.register(end)
    return name


def start_lodespace(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    output: int = 1,
    new_session: bool = False,
) -> "ForkedProcess | Popen[bytes]":
    """Start `python -m lodespace`, as a fork where the system allows forks.

    Args:
        arguments: arguments of the command line.
        environment: environment of the process; None for that of this process.
        output: file descriptor for standard output and standard error.
        new_session: whether the process is the leader of a new session.
    """
    import subprocess

    variables = os.environ if environment is None else environment
    name = fork_server()
    if name is None:
        return subprocess.Popen(
            [sys.executable, "-m", "lodespace", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(variables),
            start_new_session=new_session,
        )
    with open(os.devnull, "rb") as nothing:
        files = {0: nothing.fileno(), 1: output, 2: output}
        return ForkedProcess(
            name, "lodespace", arguments, variables, files, new_session=new_session
        )


def forked_command(name: str, module: str) -> tuple[str, ...]:
    """Return the command line that runs `module` as a fork of the fork server `name`."""
    return (sys.executable, "-I", "-S", os.path.abspath(__file__), name, module)


def main() -> NoReturn:
    """Run a module as a fork, and end as it ends."""
    name, module, *arguments = sys.argv[1:]
    files: dict[int, int] = {}
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            os.fstat(number)
        except OSError:  # the folder itself
            continue
        files[number] = number
    leads = os.getsid(0) == os.getpid()
    process = ForkedProcess(name, module, arguments, os.environ, files, new_session=leads)
    for number in files:
        os.close(number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: os.kill(process.pid, caught))
    status = process.wait()
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main()
