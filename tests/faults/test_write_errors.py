"""After a disk error, the session and the label log agree: the log does not contain refused
commands."""

import errno
import math
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from unittest.mock import Mock

import numpy as np
import pytest

from drivers.faulty_disk import FaultyDisk
from lodespace import protocol
from lodespace.errors import LodespaceError
from lodespace.items.item_set import ItemSet
from lodespace.project.project import BUNDLED, Manifest, Project
from lodespace.service.absent import NoTrainer
from lodespace.service.clients import Clients
from lodespace.service.commands import Commands
from lodespace.service.log_watch import LogWatch
from lodespace.service.notices import Notices
from lodespace.session import log_table
from lodespace.session.commands.registry import Command
from lodespace.session.event_log import EventLog
from lodespace.session.session import AnnotationSession
from lodespace.training.listener import TrainerListener

N = 40
PROVENANCE = protocol.Provenance(tool="lasso", note="x" * 5000)
"""A note that fills several database pages. A commit thus writes several frames to the write-ahead
log."""


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyDisk]:
    """A disk on which SQLite copies the write-ahead log into the database every few commits."""
    configure = EventLog._configure

    def configure_small(log: EventLog, connection: sqlite3.Connection) -> None:
        configure(log, connection)
        connection.execute("PRAGMA wal_autocheckpoint=8")

    monkeypatch.setattr(EventLog, "_configure", configure_small)
    with FaultyDisk().installed() as faulty:
        yield faulty


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in a memory file system if the system has one, because the tests write thousands of
    small files. Otherwise a folder on disk."""
    shared = Path("/dev/shm")
    if not shared.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


class Annotated:
    """A session with its label log, and the same command handling as in a server."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.session = new_session()
        self.log = EventLog(path)
        self.session.replay(self.log.events())
        notices = Notices(Clients())
        manifest = Manifest(format=1, kind="project", data=BUNDLED)
        opened = Project(path.parent, manifest, self.session.items)
        trainer = NoTrainer(self.session, Mock(TrainerListener))
        watch = LogWatch(opened, self.log, notices)
        self.commands = Commands(self.session, self.log, watch, trainer, notices, observers=())
        self.acknowledged: list[str] = []
        self.refused: list[Command] = []

    async def send(self, command: Command) -> bool:
        """Carry out a command. Returns whether it was acknowledged."""
        try:
            ack = await self.commands.carry_out(command, "anna")
        except LodespaceError as error:
            if error.code in ("nothing_to_undo", "nothing_to_redo"):
                return True  # the command that this one needs was refused
            assert error.code == "not_saved", error
            self.refused.append(command)
            return False
        if ack.sequence and command.command_id not in self.acknowledged:
            self.acknowledged.append(command.command_id)
        return True

    def after_a_kill(self) -> tuple[list[str], np.ndarray]:
        """Return the command ids and the labels that a restart would find after a kill now."""
        copy = self.path.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in (self.path.name, f"{self.path.name}-wal"):
            if self.path.with_name(name).exists():
                shutil.copy(self.path.with_name(name), copy / name)
        log = EventLog(copy / self.path.name)
        session = new_session()
        events = list(log.events())
        session.replay(events)
        log.close()
        return [event.command_id for event in events], session.labels.copy()

    def check(self) -> None:
        commands, labels = self.after_a_kill()
        assert commands == self.acknowledged
        assert (labels == self.session.labels).all()


def new_session() -> AnnotationSession:
    items = ItemSet("small", "vector", np.zeros((N, 4), np.float32), ("a", "b", "c"))
    return AnnotationSession(items, scene_id=1)


def session_commands() -> list[Command]:
    """A session of a few minutes: labels, undo, redo and a new class."""
    commands: list[Command] = []
    for number in range(10):
        commands.append(
            protocol.Label(
                command_id=f"label-{number:08d}",
                items=[number, number + 1, number + 20],
                class_id=number % 3,
                revision=0,
                provenance=PROVENANCE,
            )
        )
    commands.insert(3, protocol.Undo(command_id="undo-00000001"))
    commands.insert(4, protocol.Redo(command_id="redo-00000001"))
    commands.insert(7, protocol.AddClass(command_id="class-00000001", name="new"))
    return commands


async def run_session(
    path: Path,
    disk: FaultyDisk,
    commands: list[Command],
    first: int = 0,
    last: float = 0,
    *,
    killed: bool = True,
) -> int:
    """Carry out `commands` while the disk calls from number `first` to `last` fail. Then send the
    refused commands again.

    With `killed`, compare the session with the files on disk after every refusal, as if the process
    were killed at that moment. Without `killed`, compare them only at the end. Returns the number
    of disk calls before the refused commands are sent again.
    """
    project = Annotated(path)
    disk.calls.clear()
    disk.fail(first, last)
    for command in commands:
        if not await project.send(command) and killed:
            with disk.working():
                project.check()
    calls = len(disk.calls)
    disk.heal()
    if killed:
        project.check()
    refused, project.refused = project.refused, []
    for command in refused:
        assert await project.send(command), "a command was refused for good"
    project.check()
    project.log.close()
    project.check()
    return calls


@pytest.mark.parametrize("lasting", [False, True], ids=["passing", "lasting"])
async def test_refused_commands_are_absent_whatever_call_fails(
    memory: Path, disk: FaultyDisk, lasting: bool, slow: bool
) -> None:
    commands = session_commands() if slow else session_commands()[:6]
    calls = await run_session(memory / "whole.sqlite", disk, commands)
    assert {"write", "sync"} <= set(disk.calls) and calls > 50
    for number in range(1, calls + 1, 1 if slow else 5):
        path = memory / f"{number}.sqlite"
        await run_session(path, disk, commands, number, math.inf if lasting else number)


async def test_refused_events_are_removed_when_the_log_is_opened_again(
    memory: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write-ahead log cannot be shortened after a failed write, so refused events stay in the
    file until the log is opened again."""
    commands = session_commands()[:6]
    calls = await run_session(memory / "whole.sqlite", disk, commands)
    syncs = [number for number, call in enumerate(disk.calls[:calls], 1) if call == "sync"]

    def fail(*_: object) -> NoReturn:
        raise OSError(errno.EIO, "the disk reports an error")

    monkeypatch.setattr(os, "truncate", fail)
    removed: list[int] = []
    remove = log_table.remove

    def count_and_remove(log: sqlite3.Connection, numbers: list[int], last: int) -> None:
        removed.extend(numbers)
        remove(log, numbers, last)

    monkeypatch.setattr(log_table, "remove", count_and_remove)
    for number in syncs:
        path = memory / f"{number}.sqlite"
        # The second failure prevents SQLite from tidying up when the log is closed.
        await run_session(path, disk, commands, number, number + 1, killed=False)
    assert removed, "no refused event was left in a log"
