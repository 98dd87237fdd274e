"""A server whose system calls fail: the log contains the acknowledged commands, and no others.

strace lets a system call fail in a real server process. At the end, the process is killed, so it
cannot complete the log when it stops.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from lodespace.project.opening import open_project
from lodespace.session.event_log import EventLog

pytestmark = pytest.mark.slow
SCRIPT = """
import asyncio, json, os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from drivers.servers import Serving
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.config import ServerConfig

async def main():
    serving = Serving(Path(sys.argv[1]), Path(sys.argv[2]), ServerConfig(train=False))
    answers = {}
    async with serving as url, StreamClient(url) as client:
        for number in range(12):
            command = f"command-{number:08d}"
            answer = await client.label([number], number % 3, command)
            answers[command] = isinstance(answer, protocol.Ack)
        for command, acknowledged in list(answers.items()):
            if not acknowledged:
                again = await client.label([int(command[-8:])], 0, command)
                answers[command] = isinstance(again, protocol.Ack)
        print(json.dumps(answers), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


class Fault(NamedTuple):
    """Failure of a system call in the thread that writes the log."""

    call: str
    """Name of the system call. Several names are separated by commas."""
    number: int
    """Number of the call that fails, among the calls of this name in the thread, counted from 1."""
    lasting: bool
    """Whether all later calls fail as well."""
    error: str = "EIO"
    """Name of the error."""

    @property
    def option(self) -> str:
        """Value of strace's option -e."""
        when = f"{self.number}+" if self.lasting else str(self.number)
        return f"inject={self.call}:error={self.error}:when={when}"


SHORT = [
    Fault("fdatasync", 4, lasting=True),
    Fault("fdatasync", 4, lasting=False),
    Fault("pwrite64", 20, lasting=True),
    Fault("pwrite64,fdatasync", 9, lasting=True, error="ENOSPC"),
]
CALLS = {"fdatasync": 30, "pwrite64": 90}
"""Per system call: number of calls in the log's thread. With --slow, the test lets each of these
calls fail twice: first alone, then together with all later calls."""


@pytest.mark.timeout(2 * 3600)
def test_log_and_answers_agree_whatever_call_fails(
    tmp_path: Path, small_data: Path, slow: bool
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace to let system calls fail")
    faults = [
        Fault(call, number, lasting=lasting)
        for call, calls in CALLS.items()
        for number in range(1, calls + 1)
        for lasting in (False, True)
    ]
    refused = 0
    for number, fault in enumerate(faults if slow else SHORT):
        project = new_project(small_data, tmp_path / f"{number}")
        answers = answers_of(small_data, project, fault)
        log = EventLog(project / "labels.sqlite")
        stored = {event.command_id for event in log.events()}
        log.close()
        assert stored == {command for command, ack in answers.items() if ack}, fault
        refused += len(answers) - len(stored)
        shutil.rmtree(project)
    assert refused, "no call failed"


def new_project(data: Path, folder: Path) -> Path:
    """Create a project with an empty log, so that the server only has to open it."""
    project = open_project(data, project_folder=folder, labels="none")
    EventLog(project.labels_path).close()
    project.close()
    return folder


def answers_of(data: Path, project: Path, fault: Fault) -> dict[str, bool]:
    """Return per command whether a server with `fault` acknowledged it, at the first or the second
    try. A server that cannot open the log acknowledges nothing, and names the log in its error."""
    tests = str(Path(__file__).parents[1])
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "--trace", fault.call, "-e", fault.option]
    arguments = [sys.executable, "-c", SCRIPT, str(data), str(project), tests]
    done = subprocess.run([*command, *arguments], capture_output=True, timeout=300)
    if not done.stdout:
        assert b"EventLogError" in done.stderr, done.stderr
        return {}
    return json.loads(done.stdout)
