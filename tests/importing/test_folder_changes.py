"""Changes of the folder of a project, and the commands that add its new files."""

import argparse
import os
from pathlib import Path

import pytest

from lodespace.cli import main
from lodespace.cli.growing import add_new_files
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.project.folder_changes import FolderChanges, compare_with_folder
from lodespace.project.offline import open_offline
from lodespace.project.opening import new_project, open_existing
from samples.pictures import draw


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of 4 pictures of two classes, which the project `tmp_path / "project"` has."""
    folder = tmp_path / "pictures"
    for number in range(4):
        path = folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(path)
    new_project(tmp_path / "project", str(folder), "test", ImportOptions()).close()
    return folder


def changes(project: Path, folder: Path) -> FolderChanges | None:
    return compare_with_folder(
        item_set.load(project / "data", root=folder), project / "data", folder
    )


def test_new_changed_and_missing_files_are_found(tmp_path: Path, data: Path) -> None:
    assert changes(tmp_path / "project", data) == FolderChanges([], [], [])
    draw(9).save(data / "b" / "new.png")
    (data / "b" / "notes.txt").write_text("not a picture")
    draw(8).save(data / "a" / "0.png")
    os.utime(data / "a" / "0.png", (1, 1))
    (data / "b" / "3.png").unlink()
    found = changes(tmp_path / "project", data)
    assert found == FolderChanges([b"b/new.png"], [b"a/0.png"], [b"b/3.png"])
    lines = found.summary("pictures").splitlines()
    assert lines[0] == "lodespace: 1 file (b/new.png) in pictures is not in the project"
    assert lines[1].startswith("lodespace: 1 file (a/0.png) has changed since the import.")
    assert lines[2].startswith("lodespace: 1 file (b/3.png) is missing.")
    items = item_set.load(tmp_path / "project" / "data", root=data)
    assert compare_with_folder(items, tmp_path / "project" / "data", tmp_path) is None


def test_serve_adds_new_files_only_when_asked(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw(9).save(data / "b" / "new.png")
    project = open_existing(tmp_path / "project", None, root=data)
    add_new_files(project, argparse.Namespace(add=False, watch=False))
    assert len(project.items) == 4
    assert "to add the new files, give --add" in capsys.readouterr().err
    add_new_files(project, argparse.Namespace(add=True, watch=False))
    project.close()
    assert project.items.ids[4] == "b/new.png"
    assert "added 1 item to pictures" in capsys.readouterr().out
    assert open_offline(tmp_path / "project")[1].labels.tolist() == [0, 0, 1, 1, 1]


def test_import_adds_the_items_of_other_data(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del data
    (tmp_path / "more" / "b").mkdir(parents=True)
    (tmp_path / "more" / "a").mkdir()
    draw(9).save(tmp_path / "more" / "b" / "9.png")
    draw(10).save(tmp_path / "more" / "a" / "10.png")
    more = ["import", str(tmp_path / "project"), "--add", str(tmp_path / "more")]
    assert main(more) == 0
    assert "added 2 items to pictures, which now has 6" in capsys.readouterr().out
    session = open_offline(tmp_path / "project")[1]
    assert list(session.items.ids)[4:] == ["more/a/10.png", "more/b/9.png"]
    assert session.labels.tolist() == [0, 0, 1, 1, 0, 1]
    assert main(more) == 2
    assert "no item that the project does not have already" in capsys.readouterr().err
