"""The label log: one SQLite file of events, append-only. No other module writes labels.

The file uses a write-ahead log with synchronous=FULL. When a transaction returns, it is on disk, so
an event that is acknowledged afterwards survives a crash or a power cut. Each event carries the id
that the client made for the command. The id is unique in the file, so that a command that is sent
twice is written once.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from lodespace.errors import LodespaceError
from lodespace.session import earlier_formats
from lodespace.session.events import Event, decode_event, encode_event

FORMAT = 3
"""Format of the logs that this version writes, stored as `user_version` of the file.

Reading a log of format 1 or 2 does not change the file. The first write converts the whole log, in
the same transaction as the new event.
"""

_SCHEMA = """
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    event BLOB NOT NULL
) STRICT
"""
_INSERT = "INSERT INTO events (sequence, command_id, kind, event) VALUES (?, ?, ?, ?)"


class EventLogError(LodespaceError):
    """The log cannot be read or written.

    An event that could not be written leaves nothing on disk, so it must not be acknowledged.
    """

    code = "not_saved"
    status = 507


class EventLog:
    """The log at `path`, which is created if it does not exist.

    `append` writes in a thread, so that the event loop does not wait for the disk. Opening raises
    EventLogError when the file is not a label log or was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-log")
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._open()
        except sqlite3.Error as error:
            raise EventLogError(f"{path}: the label log cannot be opened: {error}") from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=10
        )
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute("PRAGMA synchronous=FULL")
        # On macOS, fsync alone does not empty the cache of the drive.
        connection.execute("PRAGMA fullfsync=1")
        connection.execute("PRAGMA trusted_schema=OFF")
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
        if mode != "wal" or synchronous != 2:
            raise EventLogError(
                f"{self.path}: this file system does not support a write-ahead log; "
                "move the project to a local folder"
            )
        if _version(connection) > FORMAT:
            raise EventLogError(
                f"{self.path}: written by a newer version of Lodespace; update to open it"
            )
        if _version(connection) == 0:
            with _transaction(connection):
                if not _has_events(connection):
                    _create(connection)
        return connection

    def events(self) -> Iterator[Event]:
        """Yield all events, oldest first. Raises EventLogError when an event is damaged."""
        try:
            yield from self._read_events()
        except sqlite3.Error as error:
            raise EventLogError(
                f"{self.path}: the label log cannot be read ({error}); restore the file from a copy"
            ) from error

    def _read_events(self) -> Iterator[Event]:
        assert self._connection is not None
        with _transaction(self._connection, "DEFERRED"):
            if _version(self._connection) < FORMAT:
                yield from _earlier_events(self._connection)
                return
            rows = self._connection.execute("SELECT sequence, event FROM events ORDER BY sequence")
            for sequence, stored in rows:
                try:
                    event = decode_event(stored, sequence)
                except ValueError as error:
                    raise _damaged(sequence, error) from error
                yield event

    async def append(self, event: Event) -> Event:
        """Write one event. Returns the event with its sequence number once it is on disk.

        Raises EventLogError when the event cannot be written.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self.append_now, event
        )

    def append_now(self, event: Event) -> Event:
        """Do the same as `append` in the calling thread.

        After a failure the next call opens the file again, because the cause, such as a full disk,
        may have ended.
        """
        try:
            if self._connection is None:
                self._connection = self._open()
            return msgspec.structs.replace(event, sequence=_insert(self._connection, event))
        except sqlite3.Error as error:
            self._drop_connection()
            raise EventLogError(
                f"the label could not be saved ({error}); "
                f"free some space on the disk of {self.path.parent.name}/ and label again"
            ) from error

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):  # committed events are in the file
                connection.close()

    def close(self) -> None:
        """Wait for events that are being written, and close the file."""
        self._thread.shutdown(wait=True)
        self._drop_connection()


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Generator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return version


def _has_events(connection: sqlite3.Connection) -> bool:
    """Return whether the table `events` exists.

    Versions that wrote format 1 created the table before they set `user_version`. A server that was
    killed between these two steps left a log of version 0 with this table.
    """
    return (
        connection.execute("SELECT 1 FROM sqlite_master WHERE name='events'").fetchone() is not None
    )


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(_SCHEMA)
    connection.execute(f"PRAGMA user_version={FORMAT}")


def _insert(connection: sqlite3.Connection, event: Event) -> int:
    with _transaction(connection):
        if _version(connection) < FORMAT:
            _migrate(connection)
        row = (None, event.command_id, event.kind, encode_event(event))
        sequence = connection.execute(_INSERT, row).lastrowid
    assert sequence is not None
    return sequence


def _migrate(connection: sqlite3.Connection) -> None:
    """Convert a log of format 1 or 2 to the current format, within the caller's transaction."""
    events = list(_earlier_events(connection))
    connection.execute("DROP TABLE events")
    _create(connection)
    connection.executemany(
        _INSERT, ((e.sequence, e.command_id, e.kind, encode_event(e)) for e in events)
    )


def _earlier_events(connection: sqlite3.Connection) -> Iterator[Event]:
    for row in earlier_formats.read_rows(connection):
        try:
            event = earlier_formats.event_of(row)
        except ValueError as error:
            raise _damaged(row.sequence, error) from error
        yield event


def _damaged(sequence: int, error: ValueError) -> EventLogError:
    return EventLogError(f"event {sequence} of the label log is damaged: {error}")
