"""File format of recordings (recording.lds): the stream, written to a file.

docs/files.md has the byte table. A recording consists of a magic number, a JSON header and records.
A record is a keyframe (the scene as GLB), a frame of the stream, or an operation as JSON. Each
record is followed by its CRC, so an incomplete tail is found and removed when the file is opened
again. The first record is a keyframe, and another keyframe follows every KEYFRAME_INTERVAL frames,
so that a client can show any frame quickly. A frame holds the changes since the previous keyframe
or frame. The recording of a bake has compressed keyframes, and frames of predictions between the
keyframes.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from lodespace.errors import ProjectError
from lodespace.json_input import json_value

MAGIC = b"LODESPACE-REC1\r\n"
KEYFRAME = b"K"
PACKED = b"Z"
"""A keyframe that is compressed. `read_records` returns it as a KEYFRAME."""
FRAME = b"F"
PREDICTIONS = b"P"
"""A frame of the stream with the predictions that changed."""
OPERATION = b"O"
KEYFRAME_INTERVAL = 25
"""Number of frames between two keyframes. To show one frame, a client reads and adds up at most
this number of frames, which takes at most 100 ms for 10,000 points.
"""
MAX_BYTES = 256 << 20
"""Size in bytes above which a recording is thinned (thinning.py)."""
HEAD = struct.Struct("<cdI")
"""Head of a record: kind, time in seconds, length of the payload in bytes."""
WORD = struct.Struct("<I")
"""A 4-byte number in the file: the length of the header in bytes, or the CRC of a record."""
MAX_RECORD = 64 << 20
"""Largest payload of a record, in bytes. A record that states a larger payload is damaged."""
_MAX_HEADER = 1 << 20


class Record(NamedTuple):
    """One record of a recording."""

    kind: bytes
    """KEYFRAME, FRAME, PREDICTIONS or OPERATION."""
    time: float
    """Seconds since the recording began."""
    payload: bytes
    """Content of the record, without its head and CRC."""
    offset: int
    """Byte of the file where the record begins."""
    packed_size: int | None = None
    """Size of a packed keyframe in the file, without head and CRC, in bytes; None for any other
    record."""


def new_recording(header: dict[str, Any]) -> bytes:
    """Return the content of a new recording that has no records yet."""
    text = json.dumps(header).encode()
    return MAGIC + WORD.pack(len(text)) + text


def encode_record(kind: bytes, time: float, payload: bytes) -> bytes:
    """Return one record, with its head and CRC."""
    head = HEAD.pack(kind, time, len(payload))
    return head + payload + WORD.pack(zlib.crc32(payload, zlib.crc32(head)))


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


def read_records_at(path: Path, offsets: Iterable[int]) -> Iterator[Record]:
    """Yield the records that begin at `offsets`. Raises OSError."""
    with path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            record = _next(file)
            if record is not None:
                yield record


def start_of(path: Path) -> int:
    """Return the offset of the first record."""
    with path.open("rb") as file:
        _skip_header(file, path)
        return file.tell()


def _skip_header(file: IO[bytes], path: Path) -> None:
    """Check the magic number and the header, and position `file` at the first record."""
    beginning = file.read(len(MAGIC) + WORD.size)
    if not beginning.startswith(MAGIC) or len(beginning) < len(MAGIC) + WORD.size:
        raise ProjectError(f"{path}: not a recording of Lodespace", code="bad_recording")
    (length,) = WORD.unpack(beginning[len(MAGIC) :])
    try:
        json_value(file.read(min(length, _MAX_HEADER)))
    except ValueError as error:
        raise ProjectError(
            f"{path}: the header of the recording is damaged", code="bad_recording"
        ) from error


def _next(file: IO[bytes]) -> Record | None:
    """Return the next record; None at the end, or if the record is incomplete or damaged."""
    offset = file.tell()
    head = file.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, time, length = HEAD.unpack(head)
    if length > MAX_RECORD:
        return None
    body = file.read(length + WORD.size)
    if len(body) < length + WORD.size:
        return None
    payload = body[:length]
    if WORD.unpack(body[length:])[0] != zlib.crc32(payload, zlib.crc32(head)):
        return None
    return record_of(kind, time, payload, offset)


def record_of(kind: bytes, time: float, payload: bytes, offset: int) -> Record | None:
    """Return the record at `offset`, made from its parts; None if its payload is damaged.

    A packed keyframe is returned as a keyframe.
    """
    if kind != PACKED:
        return Record(kind, time, payload, offset)
    unpacked = _unpacked(payload)
    return None if unpacked is None else Record(KEYFRAME, time, unpacked, offset, len(payload))


def packed(payload: bytes) -> bytes:
    """Compress the payload of a keyframe, and return it as the payload of a packed keyframe."""
    deflate = zlib.compressobj(9, wbits=-15)
    return WORD.pack(len(payload)) + deflate.compress(payload) + deflate.flush()


def _unpacked(payload: bytes) -> bytes | None:
    """Return the decompressed payload of a packed keyframe; None if it is damaged."""
    inflate = zlib.decompressobj(-15)
    try:
        (size,) = WORD.unpack_from(payload)
        unpacked = inflate.decompress(payload[WORD.size :], min(size, MAX_RECORD) + 1)
    except (struct.error, zlib.error):
        return None
    return unpacked if inflate.eof and len(unpacked) == size else None


def end_of(record: Record) -> int:
    """Return the offset in the file at which `record` ends, in bytes."""
    if record.packed_size is not None:
        return record.offset + HEAD.size + record.packed_size + WORD.size
    return record.offset + length_of(record.payload)


def length_of(payload: bytes) -> int:
    """Return the number of bytes of a record with this payload."""
    return HEAD.size + len(payload) + WORD.size
