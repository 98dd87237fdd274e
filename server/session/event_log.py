"""The label log: one SQLite file of events, append-only. The only place that writes labels.

WAL with synchronous=FULL: a transaction that returned is on disk, so an acknowledgement given afterwards holds through a crash or a
power cut. Events carry a client-made id, which is unique: the same command sent again finds its first answer.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import LodespaceError

EventKind = Literal[
    "gesture",
    "label_each",
    "undo",
    "redo",
    "add_class",
    "edit_class",
    "merge_class",
    "delete_class",
    "settings",
    "anchor",
    "unpin",
]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    client TEXT NOT NULL,
    at REAL NOT NULL,
    revision INTEGER NOT NULL,
    class_id INTEGER NOT NULL,
    gesture INTEGER NOT NULL,
    items BLOB NOT NULL,
    detail TEXT NOT NULL
) STRICT
"""
_FORMAT = 2
"""The newest that is read. A log is of format 1 until it holds an event that versions of then would pass over, and so lose labels."""
_FORMAT_OF: dict[EventKind, int] = {"label_each": 2}
"""Kinds of events that came with a newer format than the first."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log. `sequence` is 0 until it is written.

    kind "gesture": `items` (little-endian uint32) got `class_id`; `detail` is the provenance as JSON. "label_each":
    each item got its own class; `detail` holds them, too (`class_ids`: little-endian int16 in base64). "settings": `detail` is what was
    changed. "anchor": `items` were dragged, to the targets in `detail` where they stay pinned; "unpin": their pins were taken away (no
    items: all pins). "undo", "redo": of the act whose event is number `gesture`. "add_class", "edit_class", "merge_class", "delete_class":
    of `class_id`, with name, colour, lock, or what it became part of, in `detail`.
    """

    command_id: str
    kind: EventKind
    client: str
    at: float
    revision: int = 0
    class_id: int = -1
    gesture: int = 0
    items: bytes = b""
    detail: str = "{}"
    sequence: int = 0

    def item_array(self) -> npt.NDArray[np.uint32]:
        return np.frombuffer(self.items, "<u4").astype(np.uint32)


class StoreError(LodespaceError):
    """An event could not be written: nothing of it is on disk, and nothing may be acknowledged."""

    code = "not_saved"
    status = 507


class Store:
    """The log at `path`, made if need be. Writing happens in one thread, off the event loop. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="label-store")
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._open()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: the label log cannot be opened: {error}") from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=10
        )
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=1")  # macOS: fsync there stops at the drive's cache
        connection.execute("PRAGMA trusted_schema=OFF")
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
        if mode != "wal" or synchronous != 2:
            raise StoreError(
                f"{self.path}: this file system does not keep a write-ahead log; use a local folder"
            )
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > _FORMAT:
            raise StoreError(
                f"{self.path}: written by a newer version of Lodespace; update to open it"
            )
        connection.execute(_SCHEMA)
        if version == 0:
            connection.execute("PRAGMA user_version=1")
        return connection

    def events(self) -> Iterator[Event]:
        """All events, oldest first."""
        assert self._connection is not None
        rows = self._connection.execute(
            "SELECT command_id, kind, client, at, revision, class_id, gesture, items, detail, sequence"
            " FROM events ORDER BY sequence"
        )
        names = (
            "command_id",
            "kind",
            "client",
            "at",
            "revision",
            "class_id",
            "gesture",
            "items",
            "detail",
            "sequence",
        )
        for row in rows:
            yield Event(**dict(zip(names, row, strict=True)))

    async def append(self, event: Event) -> Event:
        """Write one event and return it with its sequence number, once it is on disk. Raises StoreError."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self.append_now, event
        )

    def append_now(self, event: Event) -> Event:
        """The same, in the calling thread. After a failure the file is opened anew: room may have been made."""
        try:
            if self._connection is None:
                self._connection = self._open()
            return msgspec.structs.replace(event, sequence=self._insert(self._connection, event))
        except sqlite3.Error as error:
            self._drop_connection()
            raise StoreError(
                f"the label could not be saved ({error}); free some space on the disk of {self.path.parent.name}/ and label again"
            ) from error

    def _insert(self, connection: sqlite3.Connection, event: Event) -> int:
        connection.execute("BEGIN IMMEDIATE")
        try:
            cursor = connection.execute(
                "INSERT INTO events (command_id, kind, client, at, revision, class_id, gesture, items, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    event.command_id,
                    event.kind,
                    event.client,
                    event.at or time.time(),
                    event.revision,
                    event.class_id,
                    event.gesture,
                    event.items,
                    event.detail,
                ),
            )
            if event.kind in _FORMAT_OF:
                connection.execute(f"PRAGMA user_version={_FORMAT_OF[event.kind]}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(
                sqlite3.Error
            ):  # it is given up; what was committed is in the file
                connection.close()

    def close(self) -> None:
        self._thread.shutdown(wait=True)
        self._drop_connection()
