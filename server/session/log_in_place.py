"""A check whether the three open files of a label log are still the files at the log's path.

SQLite keeps its files open. A deleted or moved file stays writable through an open descriptor.
Therefore a successful commit does not prove that the label is in the file at the log's path.
"""

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

_WAL_HEADER = 32
_FRAME_HEADER = 24


class _Seen(NamedTuple):
    device: int
    inode: int
    size: int
    modified: int
    """Time of the last change, in nanoseconds."""


class WalEnd(NamedTuple):
    """The end of the frames in a write-ahead log."""

    salts: bytes
    """Salts in the header of the write-ahead log. SQLite changes the salts when it overwrites the
    file from its start."""
    offset: int
    """Position after the last frame, in bytes."""


class LogFiles:
    """The database, its write-ahead log and its index, as they were when SQLite opened them."""

    def __init__(self, path: Path) -> None:
        # A relative path would name another file after a change of the working folder.
        self.path = path.absolute()
        self._wal = self.path.with_name(f"{path.name}-wal")
        self._index = self.path.with_name(f"{path.name}-shm")
        self._seen: tuple[_Seen | None, ...] = (None, None, None)
        self._end = WalEnd(b"", 0)

    def remember(self) -> None:
        """Store identity, size and time of the files, after the log was opened or written."""
        self._seen = self._look()

    def database_in_place(self) -> bool:
        """Return whether the file at the path of the database is still the file that SQLite
        opened.
        """
        return _same(self._seen[0], _look_at(self.path))

    def in_place(self) -> bool:
        """Return whether database, write-ahead log and index are still the files that SQLite
        opened.
        """
        return all(map(_same, self._seen, self._look()))

    def unchanged(self) -> bool:
        """Return whether no other program has changed the database or its write-ahead log.

        Writes to the index file of the write-ahead log do not count, because programs that only
        read also write that file.
        """
        now = self._look()
        return self._seen[:2] == now[:2] and _same(self._seen[2], now[2])

    def _look(self) -> tuple[_Seen | None, ...]:
        return tuple(map(_look_at, (self.path, self._wal, self._index)))

    def wal_end(self) -> WalEnd:
        """Return the end of the write-ahead log.

        Call this method only while a lock keeps other programs from writing.

        After a checkpoint, SQLite overwrites the file from its start, so that frames from before
        the checkpoint can follow the current frames. A frame is current if it has the salts of the
        header (https://www.sqlite.org/walformat.html). Raises OSError.
        """
        if not self._wal.exists():
            self._end = WalEnd(b"", 0)
            return self._end
        with self._wal.open("rb") as wal:
            header = wal.read(_WAL_HEADER)
            if len(header) < _WAL_HEADER:
                self._end = WalEnd(b"", 0)
                return self._end
            salts = header[16:24]
            frame = _FRAME_HEADER + int.from_bytes(header[8:12], "big")
            offset = self._end.offset if self._end.salts == salts else _WAL_HEADER
            while os.pread(wal.fileno(), 16, offset)[8:] == salts:
                offset += frame
        self._end = WalEnd(salts, offset)
        return self._end

    def cut_wal(self, end: WalEnd) -> bool:
        """Remove the frames that a failed commit has left after `end`.

        A commit whose sync fails leaves complete frames. The connection ignores them, but the next
        process that opens the log would recover them as a commit. Returns whether no frame is left.
        """
        if not self.in_place():
            return False
        try:
            with self._wal.open("rb") as wal:
                header = wal.read(_WAL_HEADER)
            if len(header) < _WAL_HEADER:
                return True
            kept = end.offset if header[16:24] == end.salts else _WAL_HEADER
            os.truncate(self._wal, max(kept, _WAL_HEADER))
        except FileNotFoundError:
            return True
        except OSError:
            return False
        # An error of this sync is ignored, because the next commit syncs the file, too. This sync
        # only makes the shorter length durable earlier.
        with contextlib.suppress(OSError), self._wal.open("r+b") as wal:
            os.fsync(wal.fileno())
        return True


def _look_at(path: Path) -> _Seen | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Seen(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _same(before: _Seen | None, now: _Seen | None) -> bool:
    return before is not None and now is not None and before[:2] == now[:2]
