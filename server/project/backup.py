"""Backup of a project into one .zip file, while a server may change the project.

The label log is copied last, with SQLite's backup. The copy therefore has every event that another
file of the backup mentions. A checkpoint is copied only if its checksum matches. The recording is
copied up to its last complete record. If items were added in the meantime, the copy begins again.
"""

import contextlib
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from lodespace.errors import ProjectError
from lodespace.files import atomic_write
from lodespace.items import item_set
from lodespace.models.checkpoints.checkpoint import numbered, shared_hashes
from lodespace.models.checkpoints.checkpoint import read as read_checkpoint
from lodespace.models.checkpoints.shared_tensors import SharedTensors
from lodespace.models.item_predictions import UNLABELED
from lodespace.project.offline import open_offline
from lodespace.project.project import (
    BUNDLED,
    LABEL_LOG,
    MANIFEST,
    RECORDING,
    Project,
    data_folder,
    read_manifest,
)
from lodespace.recording.format import end_of, read_records, start_of
from lodespace.session.log_copy import copy_log

_LEFT_OUT = ("thumbnails",)
"""Folders of a project that a backup leaves out. The server makes them again."""
_CHANGING = ("checkpoints", "moments", RECORDING, MANIFEST)
"""Files and folders of a project that change while a server runs."""
_ATTEMPTS = 5
"""Largest number of copies that are begun."""
_WAIT_SECONDS = 0.5
"""Time in seconds between an addition of items during a copy and the next copy."""


def backup(folder: Path, output: Path) -> str:
    """Write the project in `folder` to the new file `output`. Returns a line for a terminal.

    The file appears only when the copy is complete. Raises ProjectError or EventLogError.
    """
    if output.exists():
        raise ProjectError(f"{output} exists; give a new name with -o")
    project, session = open_offline(folder)
    project.close()
    counts: list[int] = []
    try:
        atomic_write(output, lambda file: counts.append(_write(project, file)))
    except OSError as error:
        raise ProjectError(
            f"{error.filename or output}: {error.strerror or error}; no backup was written"
        ) from error
    labelled = int((session.labels != UNLABELED).sum())
    return (
        f"wrote {output}: {counts[0]:,} events of the label log, at least {labelled:,} labelled "
        f"items. To restore, unpack the file, then `lodespace serve {_top(folder)}`\n"
    )


def _top(folder: Path) -> str:
    """Return the name of the folder in the archive."""
    return _utf8(folder.resolve().name) or "project"


def _utf8(path: Path | str) -> str:
    """Return `path` as text for a name in a .zip file.

    Such a name must be UTF-8, so bytes that are not UTF-8 are replaced.
    """
    return os.fsencode(path).decode(errors="replace")


def _write(project: Project, file: IO[bytes]) -> int:
    """Write the archive. Returns the number of events of the label log.

    Raises ProjectError if items were added during each attempt.
    """
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_WAIT_SECONDS)
            file.seek(0)
            file.truncate()
        before = _data_state(project.folder)
        try:
            count = _write_once(project, file)
        except FileNotFoundError:
            # An addition removes the table that it replaces.
            if _data_state(project.folder) == before:
                raise
            continue
        if _data_state(project.folder) == before:
            return count
    raise ProjectError(
        f"{project.folder}: items are being added all the time, and no backup was written; try "
        "again when the addition is complete"
    )


def _data_state(folder: Path) -> tuple[object, ...]:
    """Return a value that differs after a change of the data, such as an addition of items.

    Raises ProjectError.
    """
    data = read_manifest(folder).data
    if data == BUNDLED:
        return (data,)
    files = [folder / item_set.ORDER]
    with contextlib.suppress(OSError):
        files += sorted(data_folder(data, folder).iterdir())
    return (data, *(_file_state(path) for path in files))


def _file_state(path: Path) -> tuple[object, ...]:
    try:
        about = path.stat()
    except OSError:
        return (path,)
    return path, about.st_ino, about.st_size, about.st_mtime_ns


def _write_once(project: Project, file: IO[bytes]) -> int:
    """Write the archive without a check whether items are added meanwhile.

    Returns the number of events of the label log.
    """
    top, folder = _top(project.folder), project.folder
    # Without strict_timestamps=False, zipfile would refuse a file with a time before 1980, which a
    # .zip file cannot store.
    with zipfile.ZipFile(
        file, "w", zipfile.ZIP_DEFLATED, compresslevel=1, strict_timestamps=False
    ) as archive:
        archive.write(folder / MANIFEST, f"{top}/{MANIFEST}")
        for path in _still_files(folder):
            archive.write(path, f"{top}/{_utf8(path.relative_to(folder))}")
        if project.recording_path.is_file():
            with archive.open(f"{top}/{project.recording_path.name}", "w", force_zip64=True) as out:
                _copy_recording(project.recording_path, out)
        for states in (project.checkpoints, project.moments):
            shared: set[str] = set()
            for _, path in numbered(states):
                _add_checkpoint(archive, path, f"{top}/{states.name}", shared)
        return _add_log(archive, project, top)


def _still_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a project that the backup needs and that a running server does not
    change.
    """
    for path in sorted(folder.iterdir()):
        other = path.name.startswith((LABEL_LOG, ".")) or path.name.startswith("damaged-files-")
        if path.name in _LEFT_OUT or path.name in _CHANGING or other:
            continue
        for inner in sorted([path, *path.rglob("*")]):
            temporary = inner.name.startswith(f".{item_set.MANIFEST}.")
            if inner.is_file() and not temporary:
                yield inner


def _copy_recording(path: Path, out: IO[bytes]) -> None:
    end = 0
    with contextlib.suppress(ProjectError):
        end = start_of(path)
        for record in read_records(path):
            end = end_of(record)
    with path.open("rb") as file:
        left = end
        while left and (block := file.read(min(left, 1 << 20))):
            out.write(block)
            left -= len(block)


def _add_checkpoint(archive: zipfile.ZipFile, path: Path, folder: str, added: set[str]) -> None:
    """Add a checkpoint, unless it is damaged or was removed in the meantime.

    `added` are the hashes of the shared tensors that the archive contains. The function adds the
    hashes of the checkpoint's shared tensors.
    """
    shared = SharedTensors(path.parent)
    try:
        payload, meta = path.read_bytes(), path.with_suffix(".json").read_bytes()
    except FileNotFoundError:
        return
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / path.name
        copy.write_bytes(payload)
        copy.with_suffix(".json").write_bytes(meta)
        if shared.folder.exists():
            # A shared file never changes, so it needs no copy.
            (Path(temporary) / shared.folder.name).symlink_to(shared.folder.resolve())
        try:
            read_checkpoint(copy)
            for digest in sorted(set(shared_hashes(copy).values()) - added):
                file = shared.path(digest)
                archive.write(file, f"{folder}/{shared.folder.name}/{file.name}")
                added.add(digest)
        except (ValueError, FileNotFoundError):
            return
    archive.writestr(f"{folder}/{path.name}", payload)
    archive.writestr(f"{folder}/{path.stem}.json", meta)


def _add_log(archive: zipfile.ZipFile, project: Project, top: str) -> int:
    if not project.labels_path.exists():
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / LABEL_LOG
        events = copy_log(project.labels_path, copy)
        archive.write(copy, f"{top}/{LABEL_LOG}")
    return events
