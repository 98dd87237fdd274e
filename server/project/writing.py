"""The check whether labels can be saved in a project, and the reason and remedy if not."""

import errno
import os
from pathlib import Path

from lodespace.files import probe
from lodespace.project.lock import LOCK_FILE
from lodespace.project.project import LABEL_LOG

_WRITTEN = (LABEL_LOG, f"{LABEL_LOG}-wal", f"{LABEL_LOG}-shm", LOCK_FILE)


def obstacle(folder: Path) -> str:
    """Return the reason why labels cannot be saved in the project `folder`, and the remedy.

    Returns "" if labels can be saved.
    """
    try:
        probe(folder)
    except OSError as error:
        return _reason(folder, error)
    for name in _WRITTEN:
        path = folder / name
        if path.exists() and not os.access(path, os.W_OK):
            return (
                f"you may not write to {path}; ask the owner of the file for permission, or copy "
                "the folder and open the copy"
            )
    return ""


def _reason(folder: Path, error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC:
            return f"the disk of {folder} is full; free some space on it, then start again"
        case errno.EDQUOT:
            return (
                f"your quota on the disk of {folder} is used up; delete files there, then start "
                "again"
            )
        case errno.EROFS:
            return (
                f"{folder} is on a read-only disk; copy the folder to a disk that can be written, "
                "and open the copy"
            )
        case errno.EACCES | errno.EPERM:
            return (
                f"you may not write to {folder}; ask the owner of the folder for permission, or "
                "copy the folder and open the copy"
            )
        case _:
            return (
                f"the disk of {folder} reports an error ({error.strerror or error}); copy the "
                "folder to another disk, and open the copy"
            )
