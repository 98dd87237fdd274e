"""The trainer process ends with its server, and only one trainer at a time writes checkpoints of a
project."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from drivers.servers import eventually
from lodespace.errors import TrainingError
from lodespace.protocol import Settings
from lodespace.training import messages as m
from lodespace.training import process_main
from lodespace.training.checkpoint_lock import CheckpointLock

BUSY = """
import time
from lodespace.training import messages, process_main

def train(start, reader, events):
    events.send(messages.Alive())
    time.sleep(1000)  # the trainer is busy for longer than the test

process_main._train = train
"""
"""Script of a trainer process without torch, whose main thread does not read commands."""
SERVER = """
import subprocess, sys
trainer = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)
trainer.stdin.write(bytes.fromhex(sys.argv[2]))
trainer.stdin.flush()
trainer.stdout.read(1)
print(trainer.pid, flush=True)
trainer.wait()
"""
Processes = list[tuple[subprocess.Popen[bytes], psutil.Process]]
RUN = "\nraise SystemExit(process_main.main())"


def start_message(folder: Path) -> bytes:
    return m.packed(
        m.Start(
            data="data",
            folder=str(folder),
            checkpoints=str(folder / "checkpoints"),
            moments=str(folder / "moments"),
            n_items=1,
            frames_fd=0,
            n_classes=1,
            seed=0,
            settings=Settings(),
            device="cpu",
            threads=1,
            running=True,
        )
    )


@pytest.fixture
def processes() -> Iterator[Processes]:
    """A list of servers and trainers that are killed after the test."""
    started: Processes = []
    yield started
    for server, trainer in started:
        for process in (server, trainer):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        server.communicate()


def serve(script: str, folder: Path) -> tuple[subprocess.Popen[bytes], psutil.Process]:
    """Start a server with a trainer that runs `script`.

    Returns the processes of server and trainer as soon as the trainer is busy.
    """
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, script + RUN, start_message(folder).hex()],
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    return server, psutil.Process(int(server.stdout.readline()))


def is_gone(trainer: psutil.Process) -> bool:
    """Return whether the process has ended. A zombie also counts as ended: its parent may be dead,
    so no process collects its exit status."""
    return not trainer.is_running() or trainer.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills it; see the next test")
async def test_a_stopped_trainer_ends_with_its_killed_server(
    tmp_path: Path, processes: Processes
) -> None:
    """The test stops the trainer with SIGSTOP, so the trainer cannot notice that its pipe has
    closed."""
    server, trainer = serve(BUSY, tmp_path)
    processes.append((server, trainer))
    os.kill(trainer.pid, signal.SIGSTOP)
    server.kill()
    await eventually(lambda: is_gone(trainer))


async def test_a_busy_trainer_ends_at_the_end_of_its_pipe(
    tmp_path: Path, processes: Processes
) -> None:
    """The test turns off the system's option that kills a process together with its parent. Some
    systems do not have this option."""
    script = BUSY + "\nprocess_main.end_with_parent = lambda: None"
    server, trainer = serve(script, tmp_path)
    processes.append((server, trainer))
    server.kill()
    await eventually(lambda: is_gone(trainer))


def test_a_trainer_that_still_loads_stops_at_once(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", BUSY + RUN],
        input=start_message(tmp_path) + m.packed(m.Stop()),
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0


def test_a_stop_does_not_wait_for_earlier_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a stop command arrives, the reader of commands drops the commands that still wait. The
    main thread might need seconds to carry them out."""
    ended: list[int] = []
    monkeypatch.setattr(process_main.os, "_exit", ended.append)
    pipe = io.BytesIO(b"".join(map(m.packed, [m.Run(), m.Pause(), m.Run(), m.Stop()])))
    reader = process_main.CommandReader(pipe)
    reader.starting = False
    reader._read()
    assert isinstance(reader.commands.get_nowait(), m.Stop)
    assert reader.commands.empty()
    assert ended == [1]  # the process ends when the pipe ends


def test_a_second_trainer_waits_for_the_first(tmp_path: Path) -> None:
    first, second = CheckpointLock(tmp_path), CheckpointLock(tmp_path)
    first.acquire()
    with pytest.raises(TrainingError, match=r"another training process.*then press Run"):
        second.acquire(0)
    first.release()
    second.acquire(0)
    second.release()


def test_a_killed_trainer_leaves_no_lock(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from lodespace.training.checkpoint_lock import CheckpointLock
lock = CheckpointLock(Path({str(tmp_path)!r}))
lock.acquire()
print("locked", flush=True)
input()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"locked\n"
    lock = CheckpointLock(tmp_path)
    with pytest.raises(TrainingError):
        lock.acquire(0)
    holder.kill()
    holder.communicate()
    lock.acquire(0)
    lock.release()


def test_a_folder_that_cannot_be_locked_stops_no_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    lock = CheckpointLock(tmp_path / "file" / "checkpoints")
    lock.acquire(0)
    lock.release()
