"""Functions that write a file or a folder completely or not at all."""

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO

from lodespace.errors import LodespaceError, ProjectError

_PROBE_BYTES = 1 << 16
"""Number of bytes that `probe` writes to find out whether the disk has room.

This is twice the size of the shared-memory file (-shm) that SQLite creates for a label log.
"""
_LITTLE_ROOM = 1 << 20
"""A disk with less free space than this number of bytes counts as full.

This limit is used only if a write fails with an OSError that has no error number.
"""


@contextlib.contextmanager
def atomic_folder(output: Path, check: Callable[[], None]) -> Generator[Path]:
    """Yield a temporary folder, which is renamed to `output` when the `with` block ends.

    On failure the temporary folder is removed, and `output` is unchanged.

    Args:
        output: The folder to create. An existing folder is replaced.
        check: Function that raises an error when `output` must not be replaced. The function is
            called before and after the `with` block.

    Raises:
        ProjectError: The folder cannot be created or written.
    """
    check()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    except OSError as error:
        raise ProjectError(f"{output} cannot be created: {reason_of(error, output)}") from error
    try:
        making.chmod(0o777 & ~_umask())
        yield making
        check()
        _replace(making, output)
    except OSError as error:
        raise ProjectError(f"{output} cannot be written: {reason_of(error, output)}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def reason_of(error: OSError, path: Path) -> str:
    """Return why `path` cannot be written, and what to do, as the end of a sentence.

    When the disk is full, NumPy and other libraries raise an OSError without an error number. If
    `error` has no number, this function therefore examines the free space of the disk.
    """
    number = error.errno
    if number is None and _free_bytes(path) < _LITTLE_ROOM:
        number = errno.ENOSPC
    match number:
        case errno.ENOSPC:
            return "the disk is full; free some space on it, or write to another disk"
        case errno.EDQUOT:
            return "your disk quota is used up; delete files, or write to another disk"
        case errno.EROFS:
            return "the disk is read-only; write to another disk"
        case errno.EACCES | errno.EPERM:
            return "you may not write there; write to another folder"
        case errno.ENOENT if error.filename is not None:
            return f"{error.filename} is missing"
        case _:
            return f"{error.strerror or error}; write to another folder"


def _free_bytes(path: Path) -> int:
    existing = next((folder for folder in path.absolute().parents if folder.is_dir()), Path("/"))
    return shutil.disk_usage(existing).free


def _replace(making: Path, output: Path) -> None:
    if output.is_dir() and any(output.iterdir()):
        old = making.with_name(f"{making.name}.old")
        output.rename(old)
        try:
            making.rename(output)
        except BaseException:
            old.rename(output)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        making.rename(output)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def atomic_write(
    path: Path,
    data: bytes | Callable[[IO[bytes]], object],
    *,
    mode: int = 0o666,
    sync: bool = True,
) -> None:
    """Write `path` completely or not at all, by renaming a temporary file in the same folder.

    The temporary file is removed after any failure, also after Ctrl-C.

    Args:
        path: The file. An existing file is replaced.
        data: The content, or a function that writes the content to an open file.
        mode: Permissions of the file, from which the umask is subtracted.
        sync: Wait until content and name are on the disk. Without this wait, a power cut soon after
            the rename can leave an empty file, because file systems may write the new name before
            the content. Pass False only for a cache that detects damaged files and writes them
            again.

    Raises:
        OSError: The file cannot be written. `path` is unchanged, unless the content was written
            and only the sync of the folder failed.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            if callable(data):
                data(file)
            else:
                file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    if sync:
        sync_to_disk(path.parent)


def sync_to_disk(path: Path) -> None:
    """Wait until the content of a file, or the names in a folder, are on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def probe(folder: Path) -> None:
    """Write and remove a small file in `folder`. Raises OSError if the folder cannot be written.

    Permissions do not show whether a disk is full, read-only or broken. Only a write shows this.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_PROBE_BYTES))
        file.flush()
        os.fsync(file.fileno())


def write_private(path: Path, data: bytes) -> None:
    """Write `path` atomically with mode 0600. A new folder gets mode 0700.

    Raises LodespaceError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic_write(path, data, mode=0o600)
    except OSError as error:
        message = f"{path}: cannot be written: {reason_of(error, path)}"
        raise LodespaceError(message, code="state_not_saved", status=507) from error
