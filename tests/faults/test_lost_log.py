"""A label is acknowledged only if it is in the file that the project's path names.

After the folder or the log was deleted, moved or replaced, commands are refused, and a notice names
a project with every acknowledged label.
"""

import contextlib
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.servers import Serving, eventually
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.config import ServerConfig
from lodespace.project import rescue
from lodespace.project.project import LABEL_LOG, Project
from lodespace.service.service import Service

LABELS = [(4, 1), (5, 2), (6, 3)]


def delete_folder(project: Path) -> None:
    shutil.rmtree(project)


def move_folder(project: Path) -> None:
    project.rename(project.with_name("elsewhere"))


def replace_folder(project: Path) -> None:
    """Replace the project folder by an older copy, which lacks the last labels."""
    move_folder(project)
    project.mkdir()
    shutil.copy(project.with_name("elsewhere") / "lodespace.json", project)


def delete_log(project: Path) -> None:
    (project / LABEL_LOG).unlink()


def delete_all_logs(project: Path) -> None:
    for file in project.glob(f"{LABEL_LOG}*"):
        file.unlink()


def move_log(project: Path) -> None:
    (project / LABEL_LOG).rename(project / "old.sqlite")


def replace_log(project: Path) -> None:
    other = project / "other.sqlite"
    sqlite3.connect(other).close()
    other.replace(project / LABEL_LOG)


def checkpoint(project: Path) -> None:
    """Copy the write-ahead log, which contains all labels, into the database."""
    with sqlite3.connect(project / LABEL_LOG) as log:
        assert log.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    log.close()


def overwrite_log(project: Path) -> None:
    """Write other content into the same file, as `cp` does."""
    checkpoint(project)
    (project / LABEL_LOG).write_bytes(b"another file" * 1000)


def empty_log(project: Path) -> None:
    checkpoint(project)
    (project / LABEL_LOG).write_bytes(b"")


def damage_page(project: Path) -> None:
    checkpoint(project)
    content = bytearray((project / LABEL_LOG).read_bytes())
    content[4096:8192] = b"\xff" * 4096
    (project / LABEL_LOG).write_bytes(content)


def empty_write_ahead_log(project: Path) -> None:
    (project / f"{LABEL_LOG}-wal").write_bytes(b"")


def change_event(project: Path) -> None:
    with sqlite3.connect(project / LABEL_LOG) as log:
        log.execute("DELETE FROM events WHERE sequence = 2")
    log.close()


FAULTS = (
    delete_folder,
    move_folder,
    replace_folder,
    delete_log,
    delete_all_logs,
    move_log,
    replace_log,
    overwrite_log,
    empty_log,
    empty_write_ahead_log,
    damage_page,
    change_event,
)


def place_in(message: str) -> Path:
    """The folder that a notice names."""
    found = re.search(r"lodespace serve (\S+)$", message)
    assert found, message
    return Path(found[1])


def rescued(folder: Path) -> list[Path]:
    return list(folder.glob("*rescued*"))


async def labels_of(project: Path) -> np.ndarray:
    """The labels that a server on `project` shows."""
    serving = Serving(project, project, ServerConfig(train=False))
    async with serving as url, StreamClient(url) as client:
        return client.labels


async def label_all(client: StreamClient) -> None:
    for item, class_id in LABELS:
        assert isinstance(await client.label([item, item + 20], class_id), protocol.Ack)


@contextlib.asynccontextmanager
async def labelled(data: Path, project: Path) -> AsyncIterator[StreamClient]:
    """Serve a new project, and yield a client that has given LABELS."""
    serving = Serving(data, project, ServerConfig(train=False))
    async with serving as url, StreamClient(url) as client:
        await label_all(client)
        yield client


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_lost_log_is_refused_and_saved_elsewhere(
    tmp_path: Path, small_data: Path, fault: Callable[[Path], None]
) -> None:
    project = tmp_path / "project"
    async with labelled(small_data, project) as client:
        before = client.labels.copy()
        fault(project)
        answers = [await client.label([7], 1) for _ in range(3)]
        assert all(isinstance(answer, protocol.Refused) for answer in answers), answers
        assert {answer.code for answer in answers} == {"not_saved"}
        (place,) = {place_in(answer.message) for answer in answers}
        await eventually(lambda: client.seen(protocol.Notice))
        notice = client.seen(protocol.Notice)[-1]
        assert (notice.topic, place_in(notice.message)) == ("disk", place)
    assert (await labels_of(place) == before).all()
    assert rescued(tmp_path) == [place], "the events were rescued twice"


async def test_a_folder_that_is_moved_back_is_used_again(tmp_path: Path, small_data: Path) -> None:
    project, away = tmp_path / "project", tmp_path / "away"
    async with labelled(small_data, project) as client:
        project.rename(away)
        refused = await client.label([7], 1, "command-back")
        assert isinstance(refused, protocol.Refused)
        away.rename(project)
        assert isinstance(await client.label([7], 1, "command-back"), protocol.Ack)
        expected = client.labels.copy()
        await eventually(lambda: client.seen(protocol.Notice)[-1].code == "")
    assert expected[7] == 1 and (await labels_of(project) == expected).all()


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
async def test_a_deleted_write_ahead_log_loses_no_label(
    tmp_path: Path, small_data: Path, suffix: str
) -> None:
    """SQLite completes the label log from its memory and from the deleted file, which is still
    open."""
    project = tmp_path / "project"
    async with labelled(small_data, project) as client:
        (project / f"{LABEL_LOG}{suffix}").unlink()
        assert isinstance(await client.label([7], 1), protocol.Ack)
        copy = tmp_path / "copy"
        shutil.copytree(project, copy)
        assert (await labels_of(copy) == client.labels).all()


async def test_a_log_lost_before_the_stop_is_saved_at_the_stop(
    tmp_path: Path, small_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = tmp_path / "project"
    async with labelled(small_data, project) as client:
        before = client.labels.copy()
        shutil.rmtree(project)
    place = tmp_path / "project-rescued"
    assert str(place) in caplog.text
    assert (await labels_of(place) == before).all()


async def test_nobody_has_to_label_to_see_that_the_log_is_lost(
    tmp_path: Path, small_data: Path
) -> None:
    serving = Serving(small_data, tmp_path / "project", ServerConfig(train=False))
    async with serving as url, StreamClient(url) as client:
        await label_all(client)
        shutil.rmtree(tmp_path / "project")
        service: Service = serving.service
        await service.log_watch.look()
        await eventually(lambda: client.seen(protocol.Notice))
        assert place_in(client.seen(protocol.Notice)[-1].message).is_dir()


async def test_without_another_place_the_labels_stay_in_memory(
    tmp_path: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_proc(project: Project) -> Iterator[Path]:
        yield Path("/proc")

    monkeypatch.setattr(rescue, "_places", only_proc)
    project = tmp_path / "project"
    async with labelled(small_data, project) as client:
        project.rename(tmp_path / "away")
        answer = await client.label([7], 1)
        assert isinstance(answer, protocol.Refused)
        assert "Do not stop the server" in answer.message
        (tmp_path / "away").rename(project)


async def test_another_program_that_reads_or_copies_disturbs_nothing(
    tmp_path: Path, small_data: Path
) -> None:
    project = tmp_path / "project"
    async with labelled(small_data, project) as client:
        with sqlite3.connect(project / LABEL_LOG) as log:
            assert log.execute("SELECT count(*) FROM events").fetchone() == (len(LABELS),)
        log.close()
        checkpoint(project)
        shutil.copytree(project, tmp_path / "copy")
        assert isinstance(await client.label([7], 1), protocol.Ack)
        assert isinstance(await client.label([8], 1), protocol.Ack)
        expected = client.labels.copy()
    assert (await labels_of(project) == expected).all()
