"""A second server does not open a project, whatever happens to the files of the lock."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lodespace.errors import ProjectError
from lodespace.project.lock import LOCK_FILE, ProjectLock

REFUSED = "is open in another server"


def second_server(folder: Path) -> str:
    """Try to lock `folder` in another process. Return the error; "" if the lock succeeds."""
    script = (
        "import sys; from pathlib import Path\n"
        "from lodespace.errors import ProjectError\n"
        "from lodespace.project.lock import ProjectLock\n"
        "try: ProjectLock(Path(sys.argv[1]))\n"
        "except ProjectError as error: print(error)"
    )
    command = [sys.executable, "-c", script, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("fault", ["none", "removed", "replaced", "moved away and made again"])
def test_a_second_server_is_refused_without_the_lock_file(tmp_path: Path, fault: str) -> None:
    lock, file = ProjectLock(tmp_path), tmp_path / LOCK_FILE
    if fault == "removed":
        file.unlink()
    elif fault == "replaced":
        (tmp_path / "new").touch()
        (tmp_path / "new").replace(file)
    elif fault != "none":
        file.rename(tmp_path / "old")
        file.touch()
    assert REFUSED in second_server(tmp_path)
    lock.close()
    assert second_server(tmp_path) == ""


def test_a_refused_server_leaves_the_lock_to_the_first(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path)
    for _ in range(2):
        with pytest.raises(ProjectError, match=REFUSED) as refused:
            ProjectLock(tmp_path)
        assert refused.value.code == "project_in_use"
    lock.close()
    ProjectLock(tmp_path).close()


def test_a_copy_of_a_locked_project_can_be_opened(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    lock = ProjectLock(tmp_path / "project")
    shutil.copytree(tmp_path / "project", tmp_path / "copy")
    ProjectLock(tmp_path / "copy").close()
    lock.close()


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).mkdir()
    with pytest.raises(ProjectError, match=r"\.lock: cannot be opened"):
        ProjectLock(tmp_path)
    (tmp_path / LOCK_FILE).rmdir()
    ProjectLock(tmp_path).close()


def test_a_lock_knows_whether_its_folder_is_in_place(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    lock = ProjectLock(project)
    assert lock.holds(project) and lock.on_disk_of(tmp_path)
    project.rename(tmp_path / "away")
    assert not lock.holds(project)
    project.mkdir()
    assert not lock.holds(project) and lock.holds(tmp_path / "away")
    lock.close()
