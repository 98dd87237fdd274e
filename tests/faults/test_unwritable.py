"""A project that cannot be written opens read-only, names the cause, and can be exported."""

import asyncio
import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lodespace import protocol
from lodespace.cli import main
from lodespace.config import ServerConfig
from lodespace.errors import RequestError
from lodespace.project.project import Project
from lodespace.scene.glb import decode_scene
from lodespace.service.service import Service
from samples.event_logs import label
from samples.labelled_projects import EVENTS, make_projects

FULL = "is full; free some space"
CAUSES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: "quota",
    errno.EROFS: "read-only disk; copy the folder",
    errno.EACCES: "ask the owner of the folder for permission",
    errno.EIO: "reports an error (Input/output error); copy the folder to another disk",
}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose labels are in the write-ahead log, as kill -9 leaves it."""
    _, killed = asyncio.run(make_projects(tmp_path_factory.mktemp("projects")))
    return killed


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two texts per server that `serve` starts: the error of a refused label, and the notice that
    a client receives."""
    messages: list[str] = []

    async def start_and_label(
        project: Project, *_: object, config: ServerConfig, **__: Any
    ) -> None:
        service = Service(project, config)
        await service.start()
        assert service.session.sequence == EVENTS
        with pytest.raises(RequestError) as caught:
            await service.commands.carry_out(label(99, [0], 1), "client")
        assert caught.value.code == "read_only"
        client = Listener()
        service.notices.send_to(client)  # type: ignore[arg-type]
        messages.extend([str(caught.value), client.said])
        await service.stop()

    monkeypatch.setattr("lodespace.web.server.serve_until_interrupted", start_and_label)
    return messages


class Listener:
    """A client that keeps the newest notice."""

    said = ""

    def replace(self, _: str, notice: protocol.Notice) -> None:
        self.said = notice.message


def check_read_only(folder: Path, says: str, refused: list[str], output: Path) -> None:
    """Check that `serve`, `info` and `export` show all labels and change nothing.

    Each error message in `refused` must contain `says`.
    """
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    refused.clear()
    assert main(["serve", str(folder), "--no-training"]) == 0
    assert len(refused) == 2 and all(says in message for message in refused), refused
    assert main(["info", str(folder)]) == 0
    assert main(["export", str(folder), "-o", str(output)]) == 0
    assert (decode_scene(output.read_bytes()).labels >= 0).sum() == 29
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("number", CAUSES)
def test_a_project_that_cannot_be_written_names_the_cause(
    number: int,
    killed: Path,
    refused: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The errors are injected, because permissions do not stop root."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    def fail_to_open(_: Path) -> None:
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr("lodespace.project.writing.probe", fail)
    monkeypatch.setattr("lodespace.session.log_reading._on_disk", fail_to_open)
    folder = Path(shutil.copytree(killed, tmp_path / "project"))
    check_read_only(folder, CAUSES[number], refused, tmp_path / "scene.glb")


def fill(disk: Path) -> None:
    """Write to `disk` until it is full."""
    with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_full_and_a_read_only_disk_open_read_only(
    small_disk: Path, killed: Path, refused: list[str], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(killed, small_disk / "project"))
    (folder / "labels.sqlite-shm").unlink()
    fill(small_disk)
    check_read_only(folder, FULL, refused, tmp_path / "scene.glb")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    check_read_only(folder, "read-only disk", refused, tmp_path / "scene.glb")


# After the error, the import leaves open files to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_new_project_on_a_full_disk_names_the_cause(
    small_disk: Path, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = small_data.with_name("large.npz")
    np.savez(large, X=np.zeros((20_000, 40), np.float32))
    for data in ([], [str(large)]):
        assert main(["serve", *data, "--project", str(small_disk / "new")]) == 2
        said = capsys.readouterr().err
        assert "the disk is full; free some space" in said and said.count("\n") == 1, said
    assert list(small_disk.iterdir()) == []
