"""`lodespace import PROJECT --add`, and the question of `lodespace serve` about new files."""

import argparse
import io
import sys
from pathlib import Path

import pytest

from lodespace.cli import main
from lodespace.cli.growing import add_new_files
from lodespace.project.opening import open_existing
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
