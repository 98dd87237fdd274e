"""`lodespace backup` copies a project while a server changes it. The copy can be opened."""

import asyncio
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from drivers.servers import Serving
from drivers.stream_client import StreamClient
from lodespace import protocol
from lodespace.cli import main
from lodespace.config import ServerConfig
from lodespace.project.backup import backup
from lodespace.project.offline import open_offline
from samples.labelled_projects import EVENTS, make_projects


@pytest.mark.slow
async def test_a_backup_of_a_served_project_has_every_label(
    tmp_path: Path, small_data: Path
) -> None:
    acknowledged: list[int] = []
    twenty = asyncio.Event()
    folder, output = tmp_path / "project", tmp_path / "backup.zip"
    serving = Serving(small_data, folder, ServerConfig(train=False))
    async with serving as url, StreamClient(url) as client:

        async def label() -> None:
            for item in range(200):
                assert isinstance(await client.label([item], item % 4), protocol.Ack)
                acknowledged.append(item)
                if item == 20:
                    twenty.set()

        labelling = asyncio.create_task(label())
        await twenty.wait()
        before = len(acknowledged)
        await asyncio.to_thread(backup, folder, output)
        during = len(acknowledged)
        await labelling
    restored = restore(output, tmp_path / "restored")
    project, session = open_offline(restored)
    labelled = (session.labels >= 0).sum()
    assert project.folder.name == "project"
    assert before <= labelled <= during + 1  # one label may be on disk without an answer
    assert session.labels[:labelled].tolist() == [item % 4 for item in range(labelled)]


def restore(output: Path, target: Path) -> Path:
    with zipfile.ZipFile(output) as archive:
        assert archive.testzip() is None
        archive.extractall(target)
    (folder,) = target.iterdir()
    return folder


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A project whose labels are in the write-ahead log, as kill -9 leaves it."""
    _, killed = asyncio.run(make_projects(tmp_path))
    return killed


def test_a_backup_has_every_file_of_a_project(
    killed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (killed / "thumbnails").mkdir()
    (killed / "thumbnails" / "page-0000-0.png").write_bytes(b"")
    shutil.copy(killed / "checkpoints" / "001.json", killed / "checkpoints" / "002.json")
    (killed / "checkpoints" / "002.safetensors").write_bytes(b"not complete")
    output = tmp_path / "backup.zip"
    assert main(["backup", str(killed), "-o", str(output)]) == 0
    assert f"{EVENTS} events" in capsys.readouterr().out
    restored = restore(output, tmp_path / "restored")
    made_again = ("labels.sqlite-", "thumbnails", ".lock", "checkpoints/002.")
    expected = [
        name
        for path in sorted(killed.rglob("*"))
        if path.is_file() and not (name := str(path.relative_to(killed))).startswith(made_again)
    ]
    found = [str(path.relative_to(restored)) for path in sorted(restored.rglob("*"))]
    assert [name for name in found if not (restored / name).is_dir()] == expected
    assert main(["info", str(restored)]) == 0
    assert "labelled   29" in capsys.readouterr().out


def test_a_backup_takes_files_of_any_time_and_name(killed: Path, tmp_path: Path) -> None:
    """The project has a file from before 1980 and a file whose name is not UTF-8. A .zip file
    cannot store such a time or name."""
    os.utime(killed / "lodespace.json", (0, 0))
    os.utime(killed / "data" / "vectors.npy", (0, 0))
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    killed.rename(folder)
    Path(os.fsdecode(os.fsencode(folder) + b"/na\xefve.txt")).write_text("notes")
    output = tmp_path / "backup.zip"
    backup(folder, output)
    assert main(["info", str(restore(output, tmp_path / "restored"))]) == 0


def test_a_backup_replaces_nothing_and_needs_whole_labels(
    killed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "backup.zip"
    output.write_text("years of work")
    assert main(["backup", str(killed), "-o", str(output)]) == 2
    assert output.read_text() == "years of work"
    (killed / "labels.sqlite").write_bytes(b"damaged" * 1000)
    assert main(["backup", str(killed), "-o", str(tmp_path / "other.zip")]) == 2
    assert "lodespace repair" in capsys.readouterr().err
    assert not (tmp_path / "other.zip").exists()
