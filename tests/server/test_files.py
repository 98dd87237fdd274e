"""Files that are written completely or not at all."""

import os
import stat
from pathlib import Path
from typing import IO

import pytest

from lodespace.errors import ProjectError
from lodespace.files import atomic_folder, atomic_write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_atomic_write_replaces_a_file_with_bytes_or_by_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    atomic_write(path, b"first")
    assert path.read_bytes() == b"first"
    atomic_write(path, lambda file: file.write(b"second"))
    assert path.read_bytes() == b"second"
    assert names(tmp_path) == ["a.bin"]


def test_atomic_write_that_fails_keeps_the_file_and_removes_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    atomic_write(path, b"first")

    def half(file: IO[bytes]) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        atomic_write(path, half)
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == ["a.bin"]


def test_atomic_write_that_is_interrupted_removes_its_file(tmp_path: Path) -> None:
    def interrupted(_: IO[bytes]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_write(tmp_path / "a.bin", interrupted)
    assert names(tmp_path) == []


def test_atomic_write_whose_rename_fails_removes_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.bin").mkdir()
    (tmp_path / "a.bin" / "kept").touch()
    with pytest.raises(IsADirectoryError):
        atomic_write(tmp_path / "a.bin", b"content")
    assert names(tmp_path) == ["a.bin"]


def test_atomic_write_syncs_the_content_before_the_rename_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    synced: list[tuple[bool, bool]] = []
    fsync = os.fsync

    def recorded(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", recorded)
    atomic_write(path, b"content")
    assert synced == [(False, False), (True, True)]
    synced.clear()
    atomic_write(path, b"cached", sync=False)
    assert synced == []


def test_atomic_write_gives_the_file_its_mode(tmp_path: Path) -> None:
    atomic_write(tmp_path / "key", b"secret", mode=0o600)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_atomic_folder_that_cannot_be_renamed_keeps_the_previous_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "previous").touch()
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if target == output and path.suffix != ".old":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with (
        pytest.raises(ProjectError, match="the disk is full; free some space"),
        atomic_folder(output, lambda: None) as making,
    ):
        (making / "new").touch()
    assert names(tmp_path) == ["out"]
    assert names(output) == ["previous"]


def test_a_missing_source_is_named_instead_of_the_output(tmp_path: Path) -> None:
    source = tmp_path / "page.html"
    with (
        pytest.raises(ProjectError, match=r"page\.html is missing"),
        atomic_folder(tmp_path / "out", lambda: None),
    ):
        source.read_bytes()
