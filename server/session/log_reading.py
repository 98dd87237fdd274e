"""Reading of the file of a label log: format, schema, integrity, events. Nothing is written.

Every error states what is wrong with the file, and what to do next.
"""

import os
import shlex
import sqlite3
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from lodespace.session import earlier_formats
from lodespace.session.events import Event, decode_event
from lodespace.session.log_connection import LogConnection
from lodespace.session.log_errors import EventLogError
from lodespace.session.log_table import ENCODED_FROM, FORMAT, has_events, version_of
from lodespace.session.sqlite_pages import has_valid_wal, image, read_files

_COLUMNS = ["sequence", "command_id", "kind", "event"]
_EARLIER_COLUMNS = list(earlier_formats.Row._fields)
_IN_MAIN = "*** in database main ***"
"""Beginning of SQLite's descriptions of damage."""
_LARGEST_FORMAT = 255
"""Largest format number that a newer version may have written.

A file with a larger number is damaged.
"""
_OBJECTS = {
    ("table", "events"),
    ("table", "sqlite_sequence"),  # SQLite creates this table for AUTOINCREMENT
    ("index", "sqlite_autoindex_events_1"),  # SQLite creates this index for UNIQUE
}


class LogDamagedError(EventLogError):
    """The log is damaged or lacks events. A repair of the project can rebuild the log."""


def repair_advice(folder: Path) -> str:
    """Return the advice to repair the project in `folder`, as the end of a sentence."""
    return (
        f"`lodespace repair {shlex.quote(str(folder))}` rebuilds it from all files that still "
        "contain labels, and keeps the damaged files"
    )


def damaged(path: Path, what: object) -> LogDamagedError:
    """Return the error for a log at `path` that is damaged. `what` describes the damage."""
    return LogDamagedError(
        f"{path}: the label log cannot be read ({what}); {repair_advice(path.parent)}"
    )


def damaged_event(path: Path, sequence: int, error: object) -> LogDamagedError:
    """Return the error for event `sequence` of the log at `path`."""
    return LogDamagedError(
        f"{path}: event {sequence} of the label log is damaged ({error}); "
        f"{repair_advice(path.parent)}"
    )


def unknown_format(path: Path, version: int) -> EventLogError:
    """Return the error for a log at `path` whose format `version` is above FORMAT.

    Damage to the first 100 bytes of the file can also change the format. A format number above
    _LARGEST_FORMAT therefore counts as damage.
    """
    if version > _LARGEST_FORMAT:
        return damaged(path, f"its format is {version}, which no version of Lodespace writes")
    return EventLogError(f"{path}: written by a newer version of Lodespace; update to open it")


def opening_error(path: Path, error: sqlite3.Error) -> EventLogError:
    """Return an error that states why SQLite cannot open or read the log at `path`."""
    if path.is_dir():
        return damaged(path, "it is a folder, not a file")
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return EventLogError(
                f"{path}: another program has locked the label log; close that program, then "
                "start again"
            )
        case sqlite3.SQLITE_FULL:
            return EventLogError(
                f"{path}: the disk is full; free some space on the disk, then start again"
            )
        case sqlite3.SQLITE_IOERR:
            return EventLogError(
                f"{path}: the disk reports an error ({error}); copy the project folder to another "
                "disk, and open the copy"
            )
        case _ if not os.access(path, os.R_OK) and path.exists():
            return EventLogError(
                f"{path}: you may not read the label log; ask the owner of the file for permission"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return EventLogError(
                f"{path}: the label log cannot be opened for writing ({error}); check that you "
                f"may write to {path.parent} and to its files labels.sqlite*"
            )
        case _:
            return damaged(path, error)


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise EventLogError if a newer version wrote the log, or if the log has unknown content.

    The only known content is the table `events`. Another person may have added a trigger or a view,
    whose code SQLite would run at each write or read.
    """
    if version_of(connection) > FORMAT:
        raise unknown_format(path, version_of(connection))
    rows = connection.execute("SELECT type, name FROM sqlite_master").fetchall()
    others = [f"{kind} {name}" for kind, name in rows if (kind, name) not in _OBJECTS]
    columns = connection.execute("SELECT name, hidden FROM pragma_table_xinfo('events')").fetchall()
    names = _COLUMNS if version_of(connection) >= ENCODED_FROM else _EARLIER_COLUMNS
    if columns and columns != [(name, 0) for name in names]:
        others.append("a changed table events")
    if others:
        raise LogDamagedError(
            f"{path}: the label log has parts that Lodespace did not make ({', '.join(others)}) "
            f"and that could change labels; {repair_advice(path.parent)}"
        )
    if version_of(connection) and not columns:
        raise damaged(path, "its table is missing")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Return a connection that reads the log at `path`. Neither the log nor its folder is changed.

    A server may have opened the log. On a read-only or full disk, SQLite cannot open a log whose
    -wal file has events, so the log is then read into memory. Raises EventLogError.
    """
    for end in ("-wal", "-shm"):
        if path.with_name(f"{path.name}{end}").is_dir():
            raise damaged(path, f"{path.name}{end} is a folder, not a file")
    try:
        # If the header of the -wal file is damaged, SQLite would wait 10 s for another process to
        # recover the file. Such a log is read into memory instead.
        connection = _on_disk(path) if has_valid_wal(path) else _in_memory(path)
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF not in _NEEDS_WRITING or not path.is_file():
            raise opening_error(path, error) from error
        connection = _in_memory(path)
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        check_schema(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise opening_error(path, error) from error
    except EventLogError:
        connection.close()
        raise
    return connection


_NEEDS_WRITING = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
)
"""Errors of SQLite when it cannot make or write the -shm file of a log."""


def _on_disk(path: Path) -> sqlite3.Connection:
    address = f"file:{urllib.parse.quote(os.fsencode(path.resolve()))}?mode=ro&readonly_shm=1"
    connection = sqlite3.connect(
        address, uri=True, isolation_level=None, timeout=10, factory=LogConnection
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _in_memory(path: Path) -> sqlite3.Connection:
    try:
        content = image(read_files(path))
    except OSError as error:
        raise EventLogError(f"{path}: the label log cannot be read: {error.strerror}") from error
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=LogConnection)
    if content:
        connection.deserialize(content)
    return connection


def check_file(connection: sqlite3.Connection, path: Path) -> int:
    """Check that the file of the log is whole, and that no event is missing.

    Returns the number of the newest event. Raises EventLogError.
    """
    try:
        (state,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if state != "ok":
            raise damaged(path, " ".join(str(state).removeprefix(_IN_MAIN).split()))
        if not has_events(connection):
            return 0
        count, newest = connection.execute("SELECT count(*), max(sequence) FROM events").fetchone()
        written = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='events'")
        (last,) = written.fetchone() or (0,)
        if count < max(last, newest or 0):
            raise damaged(path, _missing(connection, count, max(last, newest or 0)))
    except sqlite3.Error as error:
        raise opening_error(path, error) from error
    return count


def _missing(connection: sqlite3.Connection, count: int, last: int) -> str:
    first = connection.execute(
        "SELECT row FROM (SELECT sequence, row_number() OVER (ORDER BY sequence) AS row "
        "FROM events) WHERE sequence > row LIMIT 1"
    ).fetchone()
    number = count + 1 if first is None else first[0]
    if last - count == 1:
        return f"event {number} is missing"
    return f"{last - count} of {last} events are missing, the first is event {number}"


def read_events(connection: sqlite3.Connection, path: Path) -> Iterator[Event]:
    """Yield all events of the log at `path`, oldest first.

    Raises EventLogError when the file or an event is damaged.
    """
    try:
        if not has_events(connection):
            return
        if version_of(connection) < ENCODED_FROM:
            for row in earlier_formats.read_rows(connection):
                try:
                    event = earlier_formats.event_of(row)
                except ValueError as error:
                    raise damaged_event(path, row.sequence, error) from error
                yield event
            return
        rows = connection.execute("SELECT sequence, command_id, kind, event FROM events ORDER BY 1")
        for sequence, command_id, kind, stored in rows:
            try:
                event = event_of_row(sequence, command_id, kind, stored)
            except ValueError as error:
                raise damaged_event(path, sequence, error) from error
            yield event
    except sqlite3.Error as error:
        raise opening_error(path, error) from error


def event_of_row(sequence: int, command_id: str, kind: str, stored: bytes) -> Event:
    """Return the event that is stored in a row of the label log (format 3 or 4).

    Raises ValueError when the row is damaged.
    """
    event = decode_event(stored, sequence)
    if (event.command_id, event.kind) != (command_id, kind):
        raise ValueError("the stored event has another command id or another kind than its row")
    return event
