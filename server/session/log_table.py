"""The table of the label log: its schema, formats and statements, without files or threads."""

import contextlib
import sqlite3
from collections.abc import Generator, Iterable, Iterator

from lodespace.session import earlier_formats
from lodespace.session.events import Event, decode_event, encode_event
from lodespace.session.log_errors import EventLogError

FORMAT = 5
"""Format of the logs that this version writes, stored as `user_version` of the file.

Reading a log of an earlier format does not change the file. The first write converts the log, in
the same transaction as the new event: it rewrites all events of the formats 1 and 2. Events of
the formats 3 and 4 stay unchanged, because they are also valid in format 5. Format 4 only adds
packed arrays, and format 5 only events of rules.
"""
ENCODED_FROM = 3
"""First format whose table has encoded events. Earlier formats have one column per field."""

_SCHEMA = """
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    event BLOB NOT NULL
) STRICT
"""
_INSERT = "INSERT INTO events (sequence, command_id, kind, event) VALUES (?, ?, ?, ?)"


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Generator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def data_version(connection: sqlite3.Connection) -> int:
    """Return a number that changes when another connection commits to the file."""
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return version


def stored_events(connection: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    """Yield number and stored form of each event, in the current format, oldest first."""
    if version_of(connection) < ENCODED_FROM:
        return ((event.sequence, encode_event(event)) for event in _earlier_events(connection))
    return connection.execute("SELECT sequence, event FROM events ORDER BY sequence")


def insert_all(connection: sqlite3.Connection, events: Iterable[tuple[int, bytes]]) -> None:
    """Insert `events`, pairs of number and stored form, within the caller's transaction."""
    connection.executemany(_INSERT, map(_row, events))


def remove(connection: sqlite3.Connection, numbers: list[int], last: int) -> None:
    """Remove the newest events, within the caller's transaction.

    `last` is the number of the newest remaining event; 0 if none remains. The event that is added
    next gets the number `last` + 1.
    """
    connection.executemany("DELETE FROM events WHERE sequence = ?", [(n,) for n in numbers])
    connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", (last,))


def _row(stored: tuple[int, bytes]) -> tuple[int, str, str, bytes]:
    event = decode_event(stored[1], stored[0])
    return event.sequence, event.command_id, event.kind, stored[1]


def version_of(connection: sqlite3.Connection) -> int:
    """Return the format of the log; 0 for a log that was not written completely."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return version


def has_events(connection: sqlite3.Connection) -> bool:
    """Return whether the table `events` exists.

    Versions that wrote format 1 created the table before they set `user_version`. A server that was
    killed between these two steps left a log of version 0 with this table.
    """
    return (
        connection.execute("SELECT 1 FROM sqlite_master WHERE name='events'").fetchone() is not None
    )


def create(connection: sqlite3.Connection) -> None:
    connection.execute(_SCHEMA)
    connection.execute(f"PRAGMA user_version={FORMAT}")


def insert(connection: sqlite3.Connection, event: Event, stored: bytes) -> int:
    """Add `event`, whose stored form is `stored`, within the caller's transaction.

    Returns the number of the event.
    """
    if version_of(connection) < FORMAT:
        _migrate(connection)
    row = (None, event.command_id, event.kind, stored)
    sequence = connection.execute(_INSERT, row).lastrowid
    assert sequence is not None
    return sequence


def _migrate(connection: sqlite3.Connection) -> None:
    """Convert a log of an earlier format to the current format, within the caller's transaction."""
    if version_of(connection) >= ENCODED_FROM:
        connection.execute(f"PRAGMA user_version={FORMAT}")
        return
    events = list(_earlier_events(connection))
    connection.execute("DROP TABLE events")
    create(connection)
    connection.executemany(
        _INSERT, ((e.sequence, e.command_id, e.kind, encode_event(e)) for e in events)
    )


def _earlier_events(connection: sqlite3.Connection) -> Iterator[Event]:
    for row in earlier_formats.read_rows(connection):
        try:
            event = earlier_formats.event_of(row)
        except ValueError as error:
            raise damaged(row.sequence, error) from error
        yield event


def damaged(sequence: int, error: ValueError) -> EventLogError:
    return EventLogError(f"event {sequence} of the label log is damaged: {error}")
