"""Copying, writing and salvaging of whole label logs."""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lodespace.session import earlier_formats, log_table
from lodespace.session.events import Event, encode_event
from lodespace.session.log_connection import LogConnection
from lodespace.session.log_reading import check_file, event_of_row, open_read_only, opening_error
from lodespace.session.sqlite_pages import SqliteFiles, Value, salvage_rows


def copy_log(path: Path, target: Path) -> int:
    """Copy the log at `path` into the new file `target`, while a server may write to the log.

    The copy is one file, without a write-ahead log. Returns the number of events. Raises
    EventLogError when the log is damaged.
    """
    with (
        contextlib.closing(open_read_only(path)) as source,
        contextlib.closing(
            sqlite3.connect(target, isolation_level=None, factory=LogConnection)
        ) as copy,
    ):
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise opening_error(path, error) from error
        return check_file(copy, path)


def write_log(path: Path, events: Iterable[Event]) -> None:
    """Write `events`, which are numbered from 1, into a new log at `path`.

    The log is one file, without a write-ahead log. Raises EventLogError.
    """
    stored = ((event.sequence, encode_event(event)) for event in events)
    with contextlib.closing(
        sqlite3.connect(path, isolation_level=None, factory=LogConnection)
    ) as connection:
        try:
            connection.execute("PRAGMA synchronous=FULL")
            with log_table.transaction(connection):
                log_table.create(connection)
                log_table.insert_all(connection, stored)
        except sqlite3.Error as error:
            raise opening_error(path, error) from error


def salvage_events(files: SqliteFiles) -> dict[int, list[Event]]:
    """Return all events that the files of a log still hold, by number.

    A number has several distinct events if parts of the file are out of date or were edited. The
    newest of these events is first. Damaged events are left out.
    """
    found: dict[int, dict[bytes, Event]] = {}
    for number, columns in salvage_rows(files):
        with contextlib.suppress(ValueError, TypeError, msgspec.MsgspecError):
            event = _event(number, columns)
            found.setdefault(number, {}).setdefault(encode_event(event), event)
    return {number: list(events.values()) for number, events in found.items()}


def _event(number: int, columns: tuple[Value, ...]) -> Event:
    """Return the event in a row of the table `events`.

    Raises ValueError if the row is not from this table.
    """
    if number < 1:
        raise ValueError("the number of the row is not the number of an event")
    match columns:
        case (_, str(command_id), str(kind), bytes(stored)):
            return event_of_row(number, command_id, kind, stored)
        case (
            _,
            str(),
            str(),
            str(),
            float() | int(),
            int(),
            int(),
            int(),
            bytes(),
            str(),
        ):
            return earlier_formats.event_of(earlier_formats.Row(*columns))  # type: ignore[arg-type]
        case _:
            raise ValueError("not a row of events")
