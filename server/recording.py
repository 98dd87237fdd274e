"""recording.lds: the stream, written to a file. docs/files.md has the byte table.

A recording is a magic, a JSON header, and records: a keyframe (the scene as GLB), a frame of the stream, or an operation as JSON. Each is
followed by its CRC, so a torn tail is found and cut off when the file is opened again. The first record is a keyframe, and another comes
every KEYFRAME_INTERVAL frames, so that any moment is reached quickly.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lodespace.errors import ProjectError

MAGIC = b"LODESPACE-REC1\r\n"
KEYFRAME = b"K"
FRAME = b"F"
OPERATION = b"O"
KEYFRAME_INTERVAL = 200
MAX_BYTES = 256 << 20
"""A recording stops growing here; the newest state is in the checkpoint and the label log in any case."""
_RECORD = struct.Struct("<cdI")
_CRC = struct.Struct("<I")
_MAX_RECORD = 64 << 20


class Record(NamedTuple):
    """`time`: seconds since the recording began."""

    kind: bytes
    time: float
    payload: bytes


class RecordingWriter:
    """Appends to a recording, begun with `header` when it is new. A torn tail is cut off first. Raises OSError, ProjectError."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        if path.exists():
            whole, self._frames_since_keyframe = _sound_length(path)
            os.truncate(path, whole)
            self._file = path.open("ab")
        else:
            self._frames_since_keyframe = KEYFRAME_INTERVAL
            self._file = path.open("wb")
            text = json.dumps(header).encode()
            self._file.write(MAGIC + struct.pack("<I", len(text)) + text)
        self._size = self._file.tell()

    @property
    def wants_keyframe(self) -> bool:
        return self._frames_since_keyframe >= KEYFRAME_INTERVAL

    def append(self, kind: bytes, time: float, payload: bytes) -> None:
        """Add one record; silently nothing once MAX_BYTES are reached."""
        if self._size + len(payload) > MAX_BYTES:
            return
        head = _RECORD.pack(kind, time, len(payload))
        record = head + payload + _CRC.pack(zlib.crc32(payload, zlib.crc32(head)))
        self._file.write(record)
        self._size += len(record)
        if kind == KEYFRAME:
            self._frames_since_keyframe = 0
        elif kind == FRAME:
            self._frames_since_keyframe += 1

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_header(path: Path) -> dict[str, Any]:
    """The header of a recording. Raises ProjectError when it is none."""
    with path.open("rb") as file:
        return _header(file.read(1 << 20), path)[0]


def read_records(path: Path) -> Iterator[Record]:
    """The records in order, up to the end or a torn tail. Raises ProjectError when the file is no recording."""
    with path.open("rb") as file:
        _, start = _header(file.read(1 << 20), path)
        file.seek(start)
        while (record := _next(file)) is not None:
            yield record


def _header(beginning: bytes, path: Path) -> tuple[dict[str, Any], int]:
    if not beginning.startswith(MAGIC) or len(beginning) < len(MAGIC) + 4:
        raise ProjectError(f"{path}: not a recording of Lodespace", code="bad_recording")
    (length,) = struct.unpack_from("<I", beginning, len(MAGIC))
    start = len(MAGIC) + 4
    try:
        header = json.loads(beginning[start : start + length])
    except ValueError as error:
        raise ProjectError(f"{path}: the header of the recording is damaged", code="bad_recording") from error
    return header, start + length


def _next(file: Any) -> Record | None:
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
    return Record(kind, time, payload)


def _sound_length(path: Path) -> tuple[int, int]:
    """Bytes up to the last whole record, and the frames since the last keyframe there."""
    with path.open("rb") as file:
        _, start = _header(file.read(1 << 20), path)
        file.seek(start)
        end, frames = start, KEYFRAME_INTERVAL
        while (record := _next(file)) is not None:
            end = file.tell()
            frames = 0 if record.kind == KEYFRAME else frames + (record.kind == FRAME)
        return end, frames
