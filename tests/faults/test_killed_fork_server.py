"""Forks of the tests' own server of processes (drivers/fork_server.py) end when it is killed."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.forked import ForkedProcess

TESTS = Path(__file__).parents[1]
SERVE = """
import socket, sys
from drivers.fork_server import ForkServer

ForkServer(socket.socket(fileno=int(sys.argv[1]))).serve()
"""
"""Script of a server of forks that has loaded no module of Lodespace."""
SLEEP = ["-n", "1", "-r", "1", "import time; time.sleep(1000)"]
"""Arguments with which the module `timeit` takes longer than the test."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such forks")
def test_fork_ends_when_its_server_is_killed() -> None:
    name = f"lodespace-killed-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind("\0" + name)
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(listener.fileno())],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            pass_fds=(listener.fileno(),),
        )
    with server:
        fork = ForkedProcess(name, "timeit", SLEEP, os.environ, {})
        handle = os.pidfd_open(fork.pid)
        try:
            server.kill()
            assert fork.wait() == -signal.SIGKILL
            ended, _, _ = select.select([handle], [], [], 60)
            assert ended == [handle]
        finally:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
