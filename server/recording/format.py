"""File format of recordings (recording.lds): the stream, written to a file.

docs/files.md has the byte table. A recording is a magic number, a JSON header and records: a
keyframe (the scene as GLB), a frame of the stream, or an operation as JSON. Each record is followed
by its CRC, so an incomplete tail is found and removed when the file is opened again. The first
record is a keyframe, and another follows every KEYFRAME_INTERVAL frames, so that any moment is
reached quickly. A frame moves the positions of the record before it.
"""

import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from lodespace.errors import ProjectError
from lodespace.files import atomic_write

MAGIC = b"LODESPACE-REC1\r\n"
KEYFRAME = b"K"
FRAME = b"F"
OPERATION = b"O"
KEYFRAME_INTERVAL = 25
"""Frames between two keyframes. A client reads and adds up that many to show a moment; for 10,000
points that takes at most 100 ms.
"""
MAX_BYTES = 256 << 20
"""A larger recording is thinned: its older half keeps its keyframes and loses the frames between
them.
"""
_RECORD = struct.Struct("<cdI")
_CRC = struct.Struct("<I")
_MAX_RECORD = 64 << 20
_MAX_HEADER = 1 << 20


class Record(NamedTuple):
    """One record of a recording."""

    kind: bytes
    """KEYFRAME, FRAME or OPERATION."""
    time: float
    """Seconds since the recording began."""
    payload: bytes
    """Content."""
    offset: int
    """Byte of the file where the record begins."""


class RecordingWriter:
    """Appends to a recording; a new file gets `header`.

    Opening removes an incomplete tail. Raises OSError or ProjectError.
    """

    def __init__(
        self,
        path: Path,
        header: dict[str, Any],
        *,
        max_bytes: int = MAX_BYTES,
        follow: Callable[[Iterator[tuple[Record, int]]], None] | None = None,
    ) -> None:
        """Open the recording at `path`.

        Args:
            path: the file.
            header: JSON header of a new file.
            max_bytes: size above which the file is thinned.
            follow: called with all records and the byte where each ends, when the file is opened
                and after it was thinned.
        """
        self.path = path
        self._follow = follow
        self.max_bytes = max_bytes
        self.last_time = 0.0
        """Time of the newest record in seconds; further records count from there."""
        if not path.exists():
            text = json.dumps(header).encode()
            path.write_bytes(MAGIC + _CRC.pack(len(text)) + text)
        self._open()

    def _open(self) -> None:
        self._size = _start(self.path)
        if self._follow is None:
            for _ in self._records():
                pass
        else:
            self._follow(self._records())
        os.truncate(self.path, self._size)
        self._file: IO[bytes] = self.path.open("ab", buffering=0)

    def _records(self) -> Iterator[tuple[Record, int]]:
        for record in read_records(self.path):
            self._size = record.offset + _length(record)
            self.last_time = record.time
            yield record, self._size

    def append(self, kind: bytes, time: float, payload: bytes) -> tuple[Record, int]:
        """Append one record and return it with the byte where it ends.

        After an OSError the file is unchanged, and the next record must be a keyframe, because
        frames build on one another.
        """
        if self._size + len(payload) > self.max_bytes:
            self._thin()
        head = _RECORD.pack(kind, time, len(payload))
        record = head + payload + _CRC.pack(zlib.crc32(payload, zlib.crc32(head)))
        try:
            rest = memoryview(record)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self._size)
            raise
        written = Record(kind, time, payload, self._size)
        self._size += len(record)
        self.last_time = time
        return written, self._size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _thin(self) -> None:
        """Rewrite the file without most of its older half; after an OSError, nothing changes."""
        self._file.close()
        enough = self.max_bytes * 3 // 4
        try:
            while self._size > enough and (dropped := _droppable(self.path)):
                atomic_write(self.path, partial(_copy_without, self.path, dropped))
                self._size = self.path.stat().st_size
        finally:
            self._file = self.path.open("ab", buffering=0)
        if self._follow is not None:
            self._follow(self._records())


def read_records(path: Path, start: int | None = None) -> Iterator[Record]:
    """Yield the records in order up to the end or an incomplete tail.

    Args:
        path: the file.
        start: offset of the first record to read; None for the first of the file.

    Raises:
        ProjectError: the file is not a recording.
    """
    with path.open("rb") as file:
        _skip_header(file, path)
        if start is not None:
            file.seek(start)
        while (record := _next(file)) is not None:
            yield record


def _start(path: Path) -> int:
    with path.open("rb") as file:
        _skip_header(file, path)
        return file.tell()


def _skip_header(file: IO[bytes], path: Path) -> None:
    """Check the magic number and the header, and position `file` at the first record."""
    beginning = file.read(len(MAGIC) + _CRC.size)
    if not beginning.startswith(MAGIC) or len(beginning) < len(MAGIC) + _CRC.size:
        raise ProjectError(f"{path}: not a recording of Lodespace", code="bad_recording")
    (length,) = _CRC.unpack(beginning[len(MAGIC) :])
    try:
        json.loads(file.read(min(length, _MAX_HEADER)))
    except ValueError as error:
        raise ProjectError(
            f"{path}: the header of the recording is damaged", code="bad_recording"
        ) from error


def _next(file: IO[bytes]) -> Record | None:
    offset = file.tell()
    head = file.read(_RECORD.size)
    if len(head) < _RECORD.size:
        return None
    kind, time, length = _RECORD.unpack(head)
    if length > _MAX_RECORD:
        return None
    body = file.read(length + _CRC.size)
    if len(body) < length + _CRC.size:
        return None
    payload = body[:length]
    if _CRC.unpack(body[length:])[0] != zlib.crc32(payload, zlib.crc32(head)):
        return None
    return Record(kind, time, payload, offset)


def end_of(record: Record) -> int:
    """Return the byte of the file where `record` ends."""
    return record.offset + _length(record)


def _length(record: Record) -> int:
    return _RECORD.size + len(record.payload) + _CRC.size


def _droppable(source: Path) -> set[int]:
    """Return the offsets of the frames in the older half of `source`.

    Without frames there, return every second keyframe. Operations stay: they are few bytes, and
    each is the work of a person.
    """
    with source.open("rb") as file:
        _skip_header(file, source)
        begin, size = file.tell(), source.stat().st_size
        kinds: list[tuple[bytes, int]] = []
        while (record := _next(file)) is not None:
            kinds.append((record.kind, record.offset))
    keyframes = [offset for kind, offset in kinds if kind == KEYFRAME]
    # The newer half begins at a keyframe, because its frames build on it.
    boundary = next(
        (k for k in keyframes if k >= (begin + size) // 2), keyframes[-1] if keyframes else begin
    )
    older_frames = [offset for kind, offset in kinds if kind == FRAME and offset < boundary]
    older_keyframes = [offset for offset in keyframes if offset < boundary]
    return set(older_frames) or set(older_keyframes[1::2])


def _copy_without(source: Path, dropped: set[int], out: IO[bytes]) -> None:
    """Write the recording `source` to `out` without the records at the offsets `dropped`."""
    with source.open("rb") as file:
        _skip_header(file, source)
        begin = file.tell()
        file.seek(0)
        out.write(file.read(begin))
        while (record := _next(file)) is not None:
            if record.offset not in dropped:
                file.seek(record.offset)
                out.write(file.read(_length(record)))
