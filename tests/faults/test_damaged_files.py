"""Damage to any file of a project is reported in one sentence, and no label is lost."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lodespace.cli import main
from lodespace.config import ServerConfig
from lodespace.project.project import Project
from lodespace.scene.glb import decode_scene
from lodespace.service.service import Service
from samples.labelled_projects import make_projects

Labels = list[str]


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def replace(path: Path) -> None:
    path.write_bytes(b"this is no file of Lodespace \xff\x00" * 300)


def flip_first_page(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(bytes(byte ^ 0xFF for byte in content[:4096]) + content[4096:])


def flip_page(path: Path) -> None:
    """Invert the 4,096 bytes of the middle page; in a file of at most 8 KB, invert 64 bytes in the
    middle."""
    content = bytearray(path.read_bytes())
    size = 4096 if len(content) > 8192 else 64
    start = len(content) // 2 // size * size
    content[start : start + size] = bytes(byte ^ 0xFF for byte in content[start : start + size])
    path.write_bytes(content)


def remove(path: Path) -> None:
    path.unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = (empty, truncate, replace, flip_first_page, flip_page, remove, make_folder)
FILES = (
    "lodespace.json",
    "labels.sqlite",
    "labels.sqlite-wal",
    "labels.sqlite-shm",
    "recording.lds",
    "scene.glb",
    "checkpoints/001.safetensors",
    "checkpoints/001.json",
    "moments/015.safetensors",
    "moments/015.json",
    ".lock",
    "data/dataset.json",
    "data/vectors.npy",
    "data/items.arrow",
    "data/labels.npy",
    "data/standardisation.npy",
)
ROWS = {
    "item out of range": "UPDATE events SET event = :items WHERE sequence = 6",
    "class out of range": "UPDATE events SET event = :class_id WHERE sequence = 6",
    "undo of nothing": "UPDATE events SET event = :gesture WHERE sequence = 7",
    "unknown kind": "UPDATE events SET event = :kind WHERE sequence = 6",
    "another kind in the column": "UPDATE events SET kind = 'undo' WHERE sequence = 6",
    "no msgpack": "UPDATE events SET event = x'ffffff7f' WHERE sequence = 6",
    "empty event": "UPDATE events SET event = x'' WHERE sequence = 6",
    "row in the middle missing": "DELETE FROM events WHERE sequence = 6",
    "first row missing": "DELETE FROM events WHERE sequence = 1",
    "last row missing": "DELETE FROM events WHERE sequence = 15",
    "row of a class missing": "DELETE FROM events WHERE sequence = 8",
    "all rows missing": "DELETE FROM events",
    "table missing": "DROP TABLE events",
    "trigger": "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
    "view": "CREATE VIEW more AS SELECT * FROM events",
    "another table": "CREATE TABLE more (a)",
    "another column": "ALTER TABLE events ADD COLUMN more INTEGER",
}
CHANGES = {
    "items": {"items": b"\xff\xff\xff\x7f"},
    "class_id": {"class_id": 999},
    "gesture": {"gesture": 777},
    "kind": {"kind": "dance"},
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Test at most one kind of damage per file, or with --slow every kind."""
    if "damage" in metafunc.fixturenames:
        every = 1 if metafunc.config.getoption("--slow") else 9
        cases = [
            pytest.param(name, damage, id=f"{name}-{damage.__name__}")
            for row, name in enumerate(FILES)
            for column, damage in enumerate(DAMAGES)
            if (row + column) % every == 0
        ]
        metafunc.parametrize(("name", "damage"), cases)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two projects: one whose server was stopped, and one whose server was killed."""
    return asyncio.run(make_projects(tmp_path_factory.mktemp("projects")))


@pytest.fixture
def project(
    projects: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """A function that returns a copy of the project, as a stopped or a killed server leaves it."""
    monkeypatch.setattr("lodespace.web.server.serve_until_interrupted", start_and_stop)

    def copied(*, killed: bool = False) -> Path:
        return Path(shutil.copytree(projects[killed], tmp_path / "project"))

    return copied


@pytest.fixture(scope="module")
def expected(projects: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Labels:
    """The labels of the intact project."""
    output = tmp_path_factory.mktemp("expected") / "scene.glb"
    assert main(["export", str(projects[0]), "-o", str(output)]) == 0
    labels = labels_in(output)
    assert len(set(labels)) == 4 and "" in labels
    return labels


async def start_and_stop(project: Project, *_: object, config: ServerConfig, **more: Any) -> None:
    """Open the project as a server does, and stop."""
    service = Service(project, config)
    await service.start()
    assert not service.session.read_only
    await service.timeline()
    await service.stop()


def labels_in(output: Path) -> Labels:
    scene = decode_scene(output.read_bytes())
    names = {info.class_id: info.name for info in scene.classes}
    return [names.get(label, "") for label in scene.labels.tolist()]


def check_commands(folder: Path, expected: Labels, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that each command shows all labels, or refuses in one sentence with a remedy."""
    output = folder.with_name("scene.glb")
    for command in (["info"], ["export", "-o", str(output)], ["serve", "--no-training"]):
        output.unlink(missing_ok=True)
        status = main([command[0], str(folder), *command[1:]])
        said = capsys.readouterr().err
        if status == 0:
            assert not output.exists() or labels_in(output) == expected, "labels are missing"
        else:
            assert status == 2 and said.count("\n") == 1, said
            assert "`lodespace repair" in said or "remove" in said, said


def check_repair(
    folder: Path, expected: Labels, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Check that a repair restores all labels, and that a second repair finds nothing."""
    output = folder.with_name("scene.glb")
    assert main(["repair", str(folder), *data]) == 0, capsys.readouterr().err
    assert main(["export", str(folder), "-o", str(output)]) == 0, capsys.readouterr().err
    assert labels_in(output) == expected
    assert main(["serve", str(folder), "--no-training"]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert main(["repair", str(folder)]) == 0
    assert "nothing is damaged" in capsys.readouterr().out


def test_a_damaged_file_is_reported_and_repaired(
    name: str,
    damage: Callable[[Path], None],
    project: Callable[..., Path],
    projects: tuple[Path, Path],
    expected: Labels,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = project(killed=name.startswith("labels.sqlite-"))
    damage(folder / name)
    check_commands(folder, expected, capsys)
    source = projects[0].with_name("data.npz")
    data = ["--data", str(source)] if name.startswith("data/") else []
    check_repair(folder, expected, data, capsys)


@pytest.mark.parametrize("case", ROWS)
@pytest.mark.slow
def test_rows_that_make_no_sense_are_reported_and_repaired(
    case: str,
    project: Callable[..., Path],
    expected: Labels,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = project()
    change(folder / "labels.sqlite", ROWS[case])
    check_commands(folder, expected, capsys)
    assert main(["info", str(folder)]) == 2
    capsys.readouterr()
    check_repair(folder, expected, [], capsys)


def change(path: Path, statement: str) -> None:
    """Execute an SQL `statement` on the database at `path`.

    The statement may use the keys of CHANGES as named parameters. For each key, the value of the
    parameter is a copy of an event, changed as CHANGES describes. The copied event is event 7 for
    the key "gesture", and event 6 for the other keys.
    """
    connection = sqlite3.connect(path)
    rows = dict(connection.execute("SELECT sequence, event FROM events").fetchall())
    values = {
        name: msgspec.msgpack.encode(
            msgspec.msgpack.decode(rows[7 if name == "gesture" else 6]) | changed
        )
        for name, changed in CHANGES.items()
    }
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    connection.execute(statement, used)
    connection.commit()
    connection.close()
