"""Reading of labels from a recording: the newest event number, and the labels of each event.

A damaged recording is read as well: after a damaged part, reading continues with the next complete
record.
"""

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from lodespace.errors import ProjectError
from lodespace.json_input import JsonError, json_value
from lodespace.protocol import Classes, GestureTold, Labels, decode_server_operation
from lodespace.recording.format import (
    FRAME,
    HEAD,
    KEYFRAME,
    MAGIC,
    MAX_RECORD,
    OPERATION,
    PACKED,
    PREDICTIONS,
    WORD,
    Record,
    encode_record,
    end_of,
    new_recording,
    record_of,
)
from lodespace.scene.glb import Scene, decode_scene

_KINDS = (KEYFRAME, PACKED, FRAME, PREDICTIONS, OPERATION)
_SEQUENCED = (b'{"op":"labels"', b'{"op":"classes"')
"""Beginnings of the JSON operations that contain an event number."""
_BEGINNING = max(map(len, _SEQUENCED))
_LETTER = re.compile(b"[" + b"".join(_KINDS) + b"]")
_SEARCHED = 1 << 20
"""Number of bytes of a damaged recording that are read and searched in one step."""
_SHORTEST, _LONGEST = 1e-10, 1e9
"""Limits for the time in the head of a record, in seconds. A time of 0 is also valid. After damage,
the search looks for a head at every byte. It reads the payload and checks the CRC only if the time
is within the limits. With these limits, the search of 64 MB of random bytes takes 11 s. Without
limits, the search of 16 MB takes 7.7 s, and the duration grows with the square of the size.
"""


class RecordedEvent(NamedTuple):
    """All records of a recording that belong to one event of the label log."""

    sequence: int
    """Number of the event."""
    labels: Labels | None
    """The labels that the event changed; None if it changed only classes."""
    classes: Classes | None
    """All classes after the event; None if it changed no class."""
    told: GestureTold | None
    """Description of the action; None if this record is lost."""


def newest_event(path: Path) -> int:
    """Return the highest event number in the recording at `path`; 0 if it contains no number.

    Only the heads of the records are read, which takes 0.1 s for a recording of 256 MB. A damaged
    recording is read up to the damage.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            found = [_sequence_at(file, offset, size) for offset in _newest(file, size)]
    except OSError:
        return 0
    return max(found, default=0)


def _newest(file: IO[bytes], size: int) -> list[int]:
    """Return the offsets of the newest keyframe and of the newest operation with an event number.

    The list has no entry for a record that does not exist.
    """
    offset, newest = _first_record(file), dict[bytes, int]()
    while True:
        head = os.pread(file.fileno(), HEAD.size + _BEGINNING, offset)
        if len(head) < HEAD.size:
            break
        kind, _, length = HEAD.unpack_from(head)
        end = offset + HEAD.size + length + WORD.size
        if kind not in _KINDS or end > size:
            break
        if kind == KEYFRAME or (kind == OPERATION and head[HEAD.size :].startswith(_SEQUENCED)):
            newest[kind] = offset
        offset = end
    return list(newest.values())


def _sequence_at(file: IO[bytes], offset: int, size: int) -> int:
    """Return the event number in the record at `offset`; 0 if the record has no valid number."""
    record = _record_at(file, offset, size)
    known = None if record is None else _known(record)
    return 0 if known is None or isinstance(known, GestureTold) else known.sequence


def _first_record(file: IO[bytes]) -> int:
    """Return the offset in bytes of the first record; 0 if the magic number is damaged."""
    beginning = os.pread(file.fileno(), len(MAGIC) + WORD.size, 0)
    if not beginning.startswith(MAGIC) or len(beginning) < len(MAGIC) + WORD.size:
        return 0
    return len(beginning) + WORD.unpack(beginning[len(MAGIC) :])[0]


def _record_at(file: IO[bytes], offset: int, size: int) -> Record | None:
    """Return the record at byte `offset` of a file of `size` bytes; None if it is not complete."""
    head = os.pread(file.fileno(), HEAD.size, offset)
    if len(head) < HEAD.size:
        return None
    kind, time, length = HEAD.unpack(head)
    if kind not in _KINDS or length > MAX_RECORD or not _is_time(time):
        return None
    if offset + HEAD.size + length + WORD.size > size:
        return None
    body = os.pread(file.fileno(), length + WORD.size, offset + HEAD.size)
    if len(body) < length + WORD.size:
        return None
    if WORD.unpack(body[length:])[0] != zlib.crc32(body[:length], zlib.crc32(head)):
        return None
    return record_of(kind, time, body[:length], offset)


def _is_time(time: float) -> bool:
    return time == 0 or _SHORTEST < time < _LONGEST


def _known(record: Record) -> Scene | Labels | Classes | GestureTold | None:
    """Decode a record about labels, classes or gestures. Return None for any other record."""
    try:
        if record.kind == KEYFRAME:
            return decode_scene(record.payload)
        operation = decode_server_operation(record.payload) if record.kind == OPERATION else None
    except (ProjectError, JsonError):
        return None  # the record is of another version
    return operation if isinstance(operation, Labels | Classes | GestureTold) else None


def read_labels(path: Path) -> Iterator[RecordedEvent | Scene]:
    """Yield the label log events and the keyframes that a recording contains, in the order of time.

    A RecordedEvent has the records about one event. A Scene is a keyframe, with the labels of all
    items after event `Scene.sequence`. Raises OSError.
    """
    pending: RecordedEvent | None = None
    for record in intact_records(path):
        known = _known(record)
        if isinstance(known, Labels | Classes):
            if pending is not None and pending.sequence != known.sequence:
                yield pending
                pending = None
            pending = pending or RecordedEvent(known.sequence, None, None, None)
            if isinstance(known, Labels):
                pending = pending._replace(labels=known)
            else:
                pending = pending._replace(classes=known)
        elif pending is not None and known is not None:
            yield pending._replace(told=known) if isinstance(known, GestureTold) else pending
            pending = None
        if isinstance(known, Scene):
            yield known
    if pending is not None:
        yield pending


def intact_records(path: Path) -> Iterator[Record]:
    """Yield all complete records of a recording, also those after a damaged part.

    The result includes frames between a damaged part and the next keyframe, although such frames
    cannot be shown. Raises OSError.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        offset = _first_record(file)
        while offset < size:
            record = _record_at(file, offset, size) or _next_record(file, offset + 1, size)
            if record is None:
                return
            yield record
            offset = end_of(record)


def _next_record(file: IO[bytes], offset: int, size: int) -> Record | None:
    """Return the first complete record that begins at or after byte `offset`.

    Return None if there is no such record.
    """
    while offset < size:
        block = os.pread(file.fileno(), _SEARCHED, offset)
        for match in _LETTER.finditer(block):
            record = _record_at(file, offset + match.start(), size)
            if record is not None:
                return record
        offset += _SEARCHED
    return None


def is_damaged(path: Path) -> bool:
    """Return whether a part of the recording is damaged.

    An incomplete record at the end does not count as damage, because the server may have been
    killed while it wrote the record. Raises OSError.
    """
    with path.open("rb") as file:
        size, offset = os.fstat(file.fileno()).st_size, _first_record(file)
        if not 0 < offset <= size:
            return True
        try:
            json_value(os.pread(file.fileno(), offset, 0)[len(MAGIC) + WORD.size :])
        except JsonError:
            return True
        while (record := _record_at(file, offset, size)) is not None:
            offset = end_of(record)
        head = os.pread(file.fileno(), HEAD.size, offset)
        if len(head) < HEAD.size:
            return False
        kind, _, length = HEAD.unpack(head)
        end = offset + HEAD.size + length + WORD.size
        return kind not in _KINDS or end <= size or _next_record(file, offset + 1, size) is not None


def write_intact(path: Path, out: IO[bytes], header: dict[str, object]) -> int:
    """Write the intact records of the recording at `path` to `out`, as a new recording.

    Frames that cannot be shown are left out (`showable_records`). Returns the number of records.
    Raises OSError.

    Args:
        path: The damaged recording.
        out: File to write to.
        header: Header of the new recording.
    """
    out.write(new_recording(header))
    count = 0
    for record in showable_records(path):
        out.write(encode_record(record.kind, record.time, record.payload))
        count += 1
    return count


def showable_records(path: Path) -> Iterator[Record]:
    """Yield the complete records of a recording, also those after a damaged part.

    Frames after a damaged part are left out up to the next keyframe, because each frame holds only
    the changes since the previous frame. Raises OSError.
    """
    expected, whole = None, False
    for record in intact_records(path):
        whole = record.kind == KEYFRAME or (whole and expected in (None, record.offset))
        expected = end_of(record)
        if record.kind != FRAME or whole:
            yield record
