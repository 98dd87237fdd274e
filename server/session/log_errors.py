"""Errors of the label log, and what a person can do about each cause."""

import errno
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from lodespace.errors import LodespaceError
from lodespace.files import probe

_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NOT_WRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_UNSUITABLE = (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_NOMEM)
"""Result codes of SQLite for a write that fails because of the data, not because of the disk.

An example is a value that is too large. `_LOCKED`, `_DAMAGED`, `_NOT_WRITABLE` and `_UNSUITABLE`
list primary result codes. For most other codes, `_probe` finds the cause.
"""


class EventLogError(LodespaceError):
    """The log cannot be read or written.

    An event that could not be written leaves nothing on disk, so it must not be acknowledged.
    """

    code = "not_saved"
    status = 507


class LogLostError(EventLogError):
    """The file at the log's path is not the file that this server has written.

    All acknowledged events are in memory. The caller writes them to another place.
    """


def is_locked(error: Exception) -> bool:
    """Return whether SQLite wrote nothing because another program has locked the file."""
    return _primary(error) in _LOCKED


def is_damage(error: Exception) -> bool:
    """Return whether `error` means that a part of the file is damaged or missing."""
    return _primary(error) in _DAMAGED or _code(error) == sqlite3.SQLITE_IOERR_SHORT_READ


class Cause(NamedTuple):
    """The cause of an error, and the remedy."""

    problem: str
    """The problem, as the end of a sentence that begins with the path of the file, such as "is
    locked by another program".
    """
    remedy: str
    """The next action of a person, as a whole sentence without the full stop."""


def cause_of(error: Exception, path: Path) -> Cause:
    """Return why SQLite could not open or write the log at `path`, and the remedy."""
    folder, code = path.absolute().parent, _primary(error)
    if code in _LOCKED:
        return Cause(
            "is locked by another program",
            "Close the program that has the file open, such as a database browser or a backup",
        )
    if code in _DAMAGED:
        return Cause(
            f"is damaged ({error})",
            f"Stop the server, copy {folder} with every {path.name}* file, and repair the copy",
        )
    if code in _UNSUITABLE:
        return Cause(
            f"did not take the event ({error})", "Restart the server to read the log again"
        )
    if code in _NOT_WRITABLE:
        return _NOT_PERMITTED
    if code == sqlite3.SQLITE_FULL:
        return _full(folder)
    return _probe(folder, error)


_NOT_PERMITTED = Cause(
    "cannot be written: the file or its folder is read-only",
    "Allow this user to write to the project folder and its files",
)


def _full(folder: Path) -> Cause:
    return Cause("cannot be written: the disk is full", f"Free some space on the disk of {folder}")


def _probe(folder: Path, error: Exception) -> Cause:
    """Return the cause of `error`, as a small write to `folder` shows it.

    In many calls, SQLite has the same code for a full disk, a full quota, a read-only file system
    and a broken disk. The operating system has a separate error for each of these causes.
    """
    try:
        probe(folder)
    except OSError as found:
        number = found.errno or errno.EIO
    else:
        number = 0
    match number:
        case errno.ENOSPC:
            return _full(folder)
        case errno.EDQUOT:
            return Cause(
                "cannot be written: the disk quota of this user is used up",
                f"Delete files on the disk of {folder}, or ask for a larger quota",
            )
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return _NOT_PERMITTED
        case errno.ENOENT:
            return Cause(
                f"cannot be reached: {folder} does not exist",
                "Mount the disk or restore the folder",
            )
        case 0:
            return Cause(f"could not be written ({error})", "Try again")
        case _:
            return Cause(
                f"cannot be written: the disk of {folder} reports errors ({os.strerror(number)})",
                "Check the disk and its connection, and copy the project to another disk",
            )


def _primary(error: Exception) -> int:
    """Return the primary result code of SQLite; -1 if the error did not come from SQLite."""
    code = _code(error)
    return code if code < 0 else code & 0xFF


def _code(error: Exception) -> int:
    """Return the extended result code of SQLite; -1 if the error did not come from SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else int(code)
