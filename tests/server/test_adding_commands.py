"""`lodespace import PROJECT --add`, and the question of `lodespace serve` about new files."""

import argparse
import io
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lodespace.cli import main
from lodespace.cli.growing import add_new_files, watched_folder
from lodespace.errors import DatasetError, ProjectError
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.source import ImportOptions
from lodespace.project import growth
from lodespace.project.opening import new_project, open_existing
from samples.pictures import draw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three pictures, and the project of the first two beside it."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(2):
        draw(number).save(pictures / f"{number}.png")
    assert main(["import", str(pictures), "-o", str(tmp_path / "project")]) == 0
    draw(2).save(pictures / "2.png")
    return pictures


def count(project: Path) -> int:
    opened = open_existing(project, None)
    opened.close()
    return len(opened.items)


@pytest.mark.slow
def test_the_command_adds_only_new_items(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = folder.parent / "project"
    assert main(["import", str(project), "--add", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "added 1 item to pictures, which now has 3\nalready in the project: 2 items" in told
    assert count(project) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--check"], "lodespace import new --check"),
        (["-o", "other"], "leave out -o and --labels"),
        (["--labels", "all"], "leave out -o and --labels"),
        (["--labels-from", "labels.csv"], "with a second command"),
        (["--votes-from", "votes.csv"], "with a second command"),
    ],
)
def test_options_without_an_effect_on_an_addition_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    project = folder.parent / "project"
    assert main(["import", str(project), "--add", "new", *options]) != 0
    assert words in capsys.readouterr().err
    assert main(["import", str(folder), "--add", "new"]) != 0
    assert "is not a project" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "add", "expected"),
    [("y\n", False, 3), ("n\n", False, 2), ("", False, 2), (None, False, 2), (None, True, 3)],
)
def test_new_files_are_added_after_a_yes_or_with_add(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, add: bool, expected: int
) -> None:
    shown = io.StringIO() if answer is None else Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdin", io.StringIO() if answer is None else Terminal(answer))
    project = open_existing(folder.parent / "project", None)
    try:
        add_new_files(project, argparse.Namespace(add=add, watch=False))
        assert len(project.items) == expected
    finally:
        project.close()
    assert ("Add the new files to the project? [y/N]" in shown.getvalue()) == (answer is not None)
    assert ("to add the new files, give --add" in shown.getvalue()) == (expected == 2)


ADD, WATCH = argparse.Namespace(add=True, watch=False), argparse.Namespace(add=False, watch=True)


def test_add_and_watch_need_files_of_a_folder(tmp_path: Path) -> None:
    rows = from_arrays("rows", np.random.default_rng(0).normal(size=(4, 3)))
    project = new_project(tmp_path / "project", rows, "test", ImportOptions())
    project.report = None
    with pytest.raises(ProjectError, match=r"--add: .* not files of a folder.*PROJECT --add DATA"):
        add_new_files(project, ADD)
    with pytest.raises(ProjectError, match=r"--watch: .* not files of a folder"):
        watched_folder(project, WATCH)
    add_new_files(project, argparse.Namespace(add=False, watch=False))
    assert watched_folder(project, ADD) is None
    project.close()


def test_a_project_is_served_if_its_new_files_cannot_be_added(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatasetError("the disk is full")

    monkeypatch.setattr(growth, "add_to_project", fail)
    project = open_existing(folder.parent / "project", None)
    add_new_files(project, WATCH)
    assert "no file was added. the disk is full" in capsys.readouterr().err
    assert watched_folder(project, WATCH) == folder
    project.obstacle = "the disk is read-only"
    with pytest.raises(ProjectError, match="--watch: nothing can be added"):
        watched_folder(project, WATCH)
    project.close()


@pytest.mark.slow
def test_an_import_that_sigterm_stops_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "pictures"
    data.mkdir()
    draw(0).resize((900, 900)).save(data / "0.png", compress_level=1)
    for name in range(1, 400):
        shutil.copy(data / "0.png", data / f"{name}.png")
    command = [sys.executable, "-m", "lodespace", "import", str(data), "-o", "project"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while not list(tmp_path.glob(".project*/data/pixels.npy")):
        assert process.poll() is None, "the import ended before the signal"
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 143 and "stopped by SIGTERM" in told
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
