"""A complete copy of an open project whose folder or label log was deleted, moved or replaced."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from lodespace.errors import LodespaceError, ProjectError
from lodespace.files import atomic_folder, sync_to_disk
from lodespace.items.item_set_writer import write_item_set
from lodespace.project.data_repair import copy_order
from lodespace.project.project import (
    BUNDLED,
    DATA_FOLDER,
    LABEL_LOG,
    Project,
    write_manifest,
)


def write_rescue(project: Project, write_log: Callable[[Path], object]) -> Path:
    """Write `project` to a new folder beside it, or to another place that can be written.

    Args:
        project: The open project. Its items are in memory or in memory-mapped files, so they can
            still be read.
        write_log: Function that writes the label log to a path.

    Returns:
        The absolute path of the new folder, which `lodespace serve` opens.

    Raises:
        ProjectError: No place can be written.
    """
    folder = project.folder.absolute()
    errors: list[str] = []
    for place in _places(project):
        output = _free(place / f"{folder.name}-rescued")
        try:
            _write(project, output, write_log)
        except (LodespaceError, OSError) as error:
            errors.append(str(error))
        else:
            return output
    raise ProjectError(" ".join(errors), code="not_saved", status=507)


def _write(project: Project, output: Path, write_log: Callable[[Path], object]) -> None:
    manifest = project.manifest
    with atomic_folder(output, lambda: None) as making:
        write_log(making / LABEL_LOG)
        if manifest.data != BUNDLED:
            write_item_set(project.items, making / DATA_FOLDER)
            copy_order(making)
            manifest = msgspec.structs.replace(manifest, data=DATA_FOLDER)
        if project.in_place():
            _copy_rest(project, making)
        write_manifest(making, manifest)
        for path in [*making.rglob("*"), making]:
            sync_to_disk(path)


def _copy_rest(project: Project, making: Path) -> None:
    """Copy the scene, the recording and the checkpoints.

    A file that cannot be read is left out, because the project can be opened without these files.
    """
    for source in (project.scene_path, project.recording_path):
        with contextlib.suppress(OSError):
            shutil.copyfile(source, making / source.name)
    with contextlib.suppress(OSError, shutil.Error):
        shutil.copytree(project.checkpoints, making / project.checkpoints.name)


def _free(wanted: Path) -> Path:
    """Return `wanted` if this path is free, else the first free path of wanted-2, wanted-3, ..."""
    number, path = 1, wanted
    while path.exists() or path.is_symlink():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def _places(project: Project) -> Iterator[Path]:
    """Yield the folders in which to try to write a copy of the project, one after the other.

    The first folder is the parent folder of the project, unless the disk of the project is no
    longer mounted there.
    """
    parent = project.folder.absolute().parent
    if project.lock is None or project.lock.on_disk_of(parent):
        yield parent
    with contextlib.suppress(OSError):  # the current folder may no longer exist
        yield Path.cwd()
    yield Path.home()
    yield Path(tempfile.gettempdir())
