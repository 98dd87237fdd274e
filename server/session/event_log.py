"""The label log: one SQLite file of events, append-only. No other module writes labels.

The file uses a write-ahead log with synchronous=FULL. When a transaction returns, it is on disk, so
an event that is acknowledged afterwards survives a crash or a power cut. Each event contains the id
that the client made for the command. The id is unique in the file, so that a command that is sent
twice is written once.

An event that `append` refused is not in the file, not even after a restart. An event that `append`
returned is in the file that the log's path names.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from lodespace.session import log_table
from lodespace.session.events import Event, decode_event, encode_event
from lodespace.session.log_connection import LogConnection
from lodespace.session.log_errors import (
    EventLogError,
    LogLostError,
    cause_of,
    is_damage,
    is_locked,
)
from lodespace.session.log_in_place import LogFiles, WalEnd
from lodespace.session.log_reading import unknown_format
from lodespace.session.log_table import FORMAT

__all__ = ["FORMAT", "EventLog", "EventLogError", "LogLostError"]

_WAIT_SECONDS = 3.0
"""Longest time that a command waits for another program's lock on the file, in seconds."""
_WAIT_AGAIN_SECONDS = 0.1
"""Longest wait for the lock, in seconds, if the previous command did not get the lock. The wait is
short, because the waits of commands that are queued add up."""


class EventLog:
    """The log at `path`, which is created if it does not exist.

    `append` writes in a thread, so that the event loop does not wait for the disk. Opening raises
    EventLogError when the file is not a label log or was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-log")
        self._files = LogFiles(path)
        self._known: list[tuple[int, bytes]] | None = None
        """Number and stored form of every event in the log; None before the log was read."""
        self._refused = set[str]()
        """Ids of refused commands whose event may have been written to the file."""
        self._data_version = 0
        self._end: WalEnd | None = None
        """End of the write-ahead log before the commit that `append` is making; None until `append`
        has locked the file."""
        self._impatient = False
        """Whether the last command failed because another program had locked the file."""
        self._connection: sqlite3.Connection | None = None
        try:
            self._use(self._open())
        except sqlite3.Error as error:
            problem, remedy = cause_of(error, path)
            raise EventLogError(f"{path}: the label log {problem}. {remedy}.") from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._files.path,
            isolation_level=None,
            check_same_thread=False,
            timeout=_WAIT_SECONDS,
            factory=LogConnection,
        )
        try:
            if self._known is not None and not log_table.has_events(connection):
                raise self._changed()  # SQLite would begin a new database in an empty file
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _configure(self, connection: sqlite3.Connection) -> None:
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
        version = log_table.version_of(connection)
        if version > log_table.FORMAT:
            raise unknown_format(self.path, version)
        if version == 0:
            with log_table.transaction(connection):
                if not log_table.has_events(connection):
                    log_table.create(connection)

    def _use(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._files.remember()
        self._data_version = log_table.data_version(connection)
        self._impatient = False

    @property
    def count(self) -> int:
        """Number of acknowledged events."""
        return len(self._known or ())

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
        known: list[tuple[int, bytes]] = []
        with log_table.transaction(self._connection, "DEFERRED"):
            for row in log_table.stored_events(self._connection):
                known.append(row)
                sequence, stored = row
                try:
                    event = decode_event(stored, sequence)
                except ValueError as error:
                    raise log_table.damaged(sequence, error) from error
                yield event
        self._known = known

    async def append(self, event: Event) -> Event:
        """Write one event. When the event is on disk, return the event with its sequence number.

        Raises EventLogError when the event cannot be written.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self.append_now, event
        )

    def append_now(self, event: Event) -> Event:
        """Do the same as `append` in the calling thread.

        Raises EventLogError when the event cannot be written, and LogLostError when the file at the
        path is not the file of this log.
        """
        self._end = None
        stored = encode_event(event)
        try:
            sequence = self._write(event, stored)
        except (sqlite3.Error, OSError) as error:
            self._after_failure(event, error)
            raise self._error_of(error) from error
        if not self._files.in_place():
            self._refused.add(event.command_id)
            raise self._changed_meanwhile()
        self._files.remember()
        assert self._known is not None
        self._known.append((sequence, stored))
        return msgspec.structs.replace(event, sequence=sequence)

    def _write(self, event: Event, stored: bytes) -> int:
        connection = self._ready()
        for _ in range(2):
            with log_table.transaction(connection):
                if self._is_own(connection):
                    self._end = self._files.wal_end()
                    sequence = log_table.insert(connection, event, stored)
                    break
            connection = self._ready(compare=True)
        else:
            raise self._changed_meanwhile()
        if self._impatient:
            self._wait(connection, _WAIT_SECONDS)
        return sequence

    async def check(self) -> None:
        """Check that the file of the log is at its path and can be written.

        Raises LogLostError when the file is gone, and another EventLogError when it cannot be
        written.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self.check_now)

    def check_now(self) -> None:
        """Do the same as `check` in the calling thread."""
        try:
            self._ready()
        except (sqlite3.Error, OSError) as error:
            raise self._error_of(error) from error

    def write_copy(self, path: Path) -> None:
        """Write all acknowledged events into a new log at `path`. The events come from memory.

        Raises EventLogError.
        """
        copy = EventLog(path)
        try:
            copy.write_all(list(self._known or ()))
        finally:
            copy.close()

    def write_all(self, events: Iterable[tuple[int, bytes]]) -> None:
        """Write the numbers and stored forms of `events` into this empty log, in one transaction.

        Raises EventLogError.
        """
        assert self._connection is not None
        try:
            with log_table.transaction(self._connection):
                log_table.insert_all(self._connection, events)
        except sqlite3.Error as error:
            raise self._error_of(error) from error

    # The file at the path

    def _ready(self, *, compare: bool = False) -> sqlite3.Connection:
        """Return a connection to the file at the path.

        If `compare` is True, or if another program or a failed write may have changed the file, the
        function first compares the events in the file with the known events. Raises LogLostError if
        the events differ, or if another file is at the path. Raises sqlite3.Error if the file
        cannot be read.
        """
        if not self._files.database_in_place():
            # The connection stays open, because the file may be moved back to the path.
            raise LogLostError(
                f"{self._files.path} is gone: the file was deleted, moved or replaced while the "
                "server was running"
            )
        compare = compare or bool(self._refused) or not self._files.unchanged()
        if self._connection is not None and not compare:
            if self._known is None:
                self._known = list(log_table.stored_events(self._connection))
            return self._connection
        if not self._files.in_place():
            # The connection is dropped, because it may use a file that is no longer at the path.
            self._drop_connection()
        fresh = self._open()
        try:
            self._agree(fresh)
        except BaseException:
            fresh.close()
            raise
        self._drop_connection()
        self._use(fresh)
        return fresh

    def _is_own(self, connection: sqlite3.Connection) -> bool:
        return self._files.unchanged() and log_table.data_version(connection) == self._data_version

    def _agree(self, connection: sqlite3.Connection) -> None:
        """Compare the file with the known events, and remove events that were refused.

        Raises LogLostError when another program has changed the events.
        """
        if self._known is None:
            self._known = list(log_table.stored_events(connection))
            return
        with log_table.transaction(connection):
            found = list(log_table.stored_events(connection))
            extra = found[len(self._known) :]
            commands = {decode_event(stored, number).command_id for number, stored in extra}
            if found[: len(self._known)] != self._known or not commands <= self._refused:
                raise self._changed()
            if extra:
                last = self._known[-1][0] if self._known else 0
                log_table.remove(connection, [number for number, _ in extra], last)
        self._refused.clear()

    def _after_failure(self, event: Event, error: sqlite3.Error | OSError) -> None:
        """Remove what a failed commit has left in the file, and close the connection.

        The next call opens the file again, because the cause of the failure may then be gone.
        """
        if isinstance(error, sqlite3.IntegrityError):
            return
        if is_locked(error):
            if self._connection is not None:
                self._wait(self._connection, _WAIT_AGAIN_SECONDS)
            return
        if self._end is not None and not self._files.cut_wal(self._end):
            self._refused.add(event.command_id)
        self._drop_connection()

    def _wait(self, connection: sqlite3.Connection, seconds: float) -> None:
        connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")
        self._impatient = seconds < _WAIT_SECONDS

    def _error_of(self, error: sqlite3.Error | OSError) -> EventLogError:
        if is_damage(error):
            return LogLostError(f"{self._files.path} is damaged ({error})")
        problem, remedy = cause_of(error, self._files.path)
        return EventLogError(
            f"The label was not saved: {self._files.path} {problem}. {remedy}, then label again."
        )

    def _changed(self) -> LogLostError:
        return LogLostError(
            f"{self._files.path} was changed by another program while the server was running"
        )

    def _changed_meanwhile(self) -> EventLogError:
        return EventLogError(
            f"The label was not saved: {self._files.path} was changed by another program. "
            "Label again."
        )

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # An error of `close` loses no event, because committed events are in the file.
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def close(self) -> None:
        """Wait for events that are being written, and close the file."""
        self._thread.shutdown(wait=True)
        self._drop_connection()
