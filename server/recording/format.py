"""File format of recordings (recording.lds): the stream, written to a file.

docs/files.md has the byte table. A recording is a magic number, a JSON header and records: a
keyframe (the scene as GLB), a frame of the stream, or an operation as JSON. Each record is followed
by its CRC, so an incomplete tail is found and removed when the file is opened again. The first
record is a keyframe, and another keyframe follows every KEYFRAME_INTERVAL frames, so that a client
can show any frame quickly. A frame holds the changes since the previous keyframe or frame.
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
from lodespace.json_input import json_value

MAGIC = b"LODESPACE-REC1\r\n"
KEYFRAME = b"K"
FRAME = b"F"
OPERATION = b"O"
KEYFRAME_INTERVAL = 25
"""Number of frames between two keyframes. To show one frame, a client reads and adds up at most
this number of frames, which takes at most 100 ms for 10,000 points.
"""
MAX_BYTES = 256 << 20
"""Size in bytes above which a recording is thinned: the frames in the older half of the file are
removed, and the keyframes stay.
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
    """Content of the record, without its head and CRC."""
    offset: int
    """Byte of the file where the record begins."""


class RecordingWriter:
    """Appends records to a recording.

    An incomplete record at the end of an existing file is removed when the file is opened. Raises
    OSError or ProjectError.
    """

    def __init__(
        self,
        path: Path,
        header: dict[str, Any],
        *,
        max_bytes: int = MAX_BYTES,
        follow: Callable[[Iterator[Record]], None] | None = None,
    ) -> None:
        """Open the recording at `path`.

        Args:
            path: The file, which is created if it does not exist.
            header: JSON header of a new file.
            max_bytes: Size above which the file is thinned.
            follow: Called with all records when the file is opened, and again each time the file
                has been thinned.
        """
        self.path = path
        self._follow = follow
        self.max_bytes = max_bytes
        self.last_time = 0.0
        """Time of the newest record, in seconds since the recording began."""
        if not path.exists():
            text = json.dumps(header).encode()
            path.write_bytes(MAGIC + _CRC.pack(len(text)) + text)
        self._open()

    def _open(self) -> None:
        self._read_all()
        os.truncate(self.path, self._size)
        self._file: IO[bytes] = self.path.open("ab", buffering=0)

    def _read_all(self) -> None:
        """Find the end of the newest complete record, and pass all records to `follow`."""
        self._size = _start(self.path)
        if self._follow is None:
            for _ in self._records():
                pass
        else:
            self._follow(self._records())

    def _records(self) -> Iterator[Record]:
        for record in read_records(self.path):
            self._size = end_of(record)
            self.last_time = record.time
            yield record

    def append(self, kind: bytes, time: float, payload: bytes) -> Record:
        """Append one record, and return it.

        After an OSError the file is unchanged, and the next record must be a keyframe, because
        each frame holds only the changes since the previous frame.
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
        return written

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _thin(self) -> None:
        """Rewrite the file without the frames of its older half, until it is small enough.

        After an OSError, the file is complete, but it may still be too large.
        """
        self._file.close()
        enough = self.max_bytes * 3 // 4
        try:
            while self._size > enough and (dropped := _droppable(self.path)):
                atomic_write(self.path, partial(_copy_without, self.path, dropped))
                self._read_all()
        finally:
            self._file = self.path.open("ab", buffering=0)


def read_records(path: Path, start: int | None = None) -> Iterator[Record]:
    """Yield the records in order, up to the end of the file or to an incomplete record.

    Args:
        path: The file.
        start: Offset of the first record to read; None for the first record of the file.

    Raises:
        ProjectError: The file is not a recording.
    """
    with path.open("rb") as file:
        _skip_header(file, path)
        if start is not None:
            file.seek(start)
        while (record := _next(file)) is not None:
            yield record


def _start(path: Path) -> int:
    """Return the offset of the first record."""
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
        json_value(file.read(min(length, _MAX_HEADER)))
    except ValueError as error:
        raise ProjectError(
            f"{path}: the header of the recording is damaged", code="bad_recording"
        ) from error


def _next(file: IO[bytes]) -> Record | None:
    """Return the next record; None at the end, or if the record is incomplete or damaged."""
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

    If there are no frames in this half, return the offsets of every second keyframe in this half.
    Operations stay, because they need few bytes and include the gestures of people.
    """
    begin, size = _start(source), source.stat().st_size
    kinds = [(record.kind, record.offset) for record in read_records(source)]
    keyframes = [offset for kind, offset in kinds if kind == KEYFRAME]
    # The newer half begins at a keyframe, because frames build on the keyframe before them.
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
