"""Thinning of a recording that is too large, by removing records from its older half.

The frames of the older half are removed first. If that is not enough, one kind of record is
reduced: the kind that takes most of the space in the older half. If this kind is `labels`
operations, they are merged into one. Of any other kind, every second record is removed. The first
keyframe, the newest keyframe and the newest label of each item always stay.
"""

from array import array
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import ProtocolError
from lodespace.json_input import json_decoder
from lodespace.protocol.item_sets import ClassIds, Items
from lodespace.recording.format import (
    FRAME,
    KEYFRAME,
    OPERATION,
    encode_record,
    length_of,
    read_records,
    read_records_at,
    start_of,
)

_decode_labels = json_decoder(msgspec.json.Decoder(protocol.Labels))
_LABELS = b"L"
"""Kind of a `labels` operation in this module. In the file, the operation has kind OPERATION."""
_MERGE_AT = 2_000_000
"""Number of label changes that _NewestClasses collects before it merges them.

This limits the memory of _NewestClasses to about 100 MB.
"""
_MOST_ITEMS = 1 << 27
"""Largest number of items of a message. It limits the memory that a damaged message takes."""
_LABELS_MESSAGE = b'{"op":"labels"'


class Thinning:
    """Chooses the records of a recording that stay, so that the file has at most `enough` bytes.

    Args:
        source: The recording. It is read once, and not changed.
        enough: Wanted size of the file, in bytes.
        stopped: Called with each record that is read. If it returns True, the thinning ends.

    Raises:
        OSError, ProjectError: The file cannot be read.
        InterruptedError: `stopped` returned True.
    """

    def __init__(
        self, source: Path, enough: int, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.source = source
        self._stopped = stopped
        self._begin = start_of(source)
        # Arrays need less memory than lists. A recording of small operations can have a million
        # records.
        kinds, offsets, lengths = bytearray(), array("q"), array("q")
        for record in read_records(source):
            self._check()
            labels = record.kind == OPERATION and record.payload.startswith(_LABELS_MESSAGE)
            kinds += _LABELS if labels else record.kind
            offsets.append(record.offset)
            lengths.append(length_of(record.payload))
        # Per record that stays: its kind, uint8 (R,); its offset and its length, int64 (R,).
        self._kinds = np.frombuffer(kinds, np.uint8)
        self._offsets = np.frombuffer(offsets, np.int64)
        self._lengths = np.frombuffer(lengths, np.int64).copy()
        self._merged: dict[int, bytes] = {}
        """New payloads of `labels` operations, by the offset of the record."""
        before = self.size
        while self.size > enough and self._drop_some():
            pass
        self.useful = self.size < before
        """Whether the thinned recording is smaller."""

    @property
    def size(self) -> int:
        """Size of the thinned recording, in bytes."""
        return self._begin + int(self._lengths.sum())

    def write(self, out: IO[bytes]) -> None:
        """Write the thinned recording to `out`. Raises InterruptedError when it is stopped."""
        staying = iter(self._offsets.tolist())
        next_offset = next(staying, None)
        with self.source.open("rb") as file:
            out.write(file.read(self._begin))
        for record in read_records(self.source):
            self._check()
            if record.offset == next_offset:
                next_offset = next(staying, None)
                payload = self._merged.get(record.offset, record.payload)
                out.write(encode_record(record.kind, record.time, payload))

    def _drop_some(self) -> bool:
        """Drop records of the older half. Returns False if there is nothing left to drop."""
        before = np.cumsum(self._lengths) - self._lengths
        # Index of the first record of the newer half.
        half = int((before < self._lengths.sum() / 2).sum())
        keyframes = self._of_kind(KEYFRAME)
        # Frames are dropped only before the keyframe `boundary`, so each remaining frame has the
        # keyframe on which it is based.
        newer = keyframes[keyframes >= half]
        boundary = int(newer[0] if len(newer) else keyframes[-1] if len(keyframes) else 0)
        frames = self._of_kind(FRAME)
        frames = frames[frames < boundary]
        if len(frames):
            self._drop(frames)
            return True
        scenes = keyframes[keyframes < boundary]
        labels, others = (kind[kind < half] for kind in map(self._of_kind, (_LABELS, OPERATION)))
        options = [(scenes, scenes[1::2]), (labels, labels[:-1]), (others, others[::2])]
        options = [option for option in options if len(option[1])]
        if not options:
            return False
        thinned, dropped = max(options, key=lambda option: int(self._lengths[option[0]].sum()))
        if thinned is labels:
            self._merge(labels)
        self._drop(dropped)
        return True

    def _check(self) -> None:
        if self._stopped():
            raise InterruptedError("the recording is being closed")

    def _of_kind(self, kind: bytes) -> npt.NDArray[np.intp]:
        """Return the indices of the records of one kind, ascending."""
        return np.flatnonzero(self._kinds == ord(kind))

    def _drop(self, dropped: npt.NDArray[np.intp]) -> None:
        self._kinds, self._offsets, self._lengths = (
            np.delete(values, dropped) for values in (self._kinds, self._offsets, self._lengths)
        )

    def _merge(self, chosen: npt.NDArray[np.intp]) -> None:
        """Merge the `labels` operations with the indices `chosen` into one operation.

        The merged operation takes the place of the last chosen operation. It has all items of the
        chosen operations, and the newest class of each item.
        """
        newest = _NewestClasses()
        sequence = 0
        offsets: list[int] = self._offsets[chosen].tolist()
        for record in read_records_at(self.source, offsets):
            self._check()
            try:
                labels = _decode_labels(self._merged.pop(record.offset, record.payload))
                newest.add(*labels.changes(_MOST_ITEMS))
            except (ValueError, OverflowError, ProtocolError):
                continue  # an operation that this version does not know
            sequence = labels.sequence
        items, class_ids = newest.all()
        merged = protocol.encode_operation(protocol.Labels.of(items, class_ids, sequence=sequence))
        self._merged[offsets[-1]] = merged
        self._lengths[chosen[-1]] = length_of(merged)


class _NewestClasses:
    """Collects changes of labels, oldest first, and keeps the newest class of each item."""

    def __init__(self) -> None:
        self._changes = [np.zeros((2, 0), np.int64)]
        """Arrays (2, K) of items and their classes, oldest first."""
        self._waiting = 0

    def add(self, items: Items, class_ids: ClassIds) -> None:
        """Add one change: new classes (K,) of items (K,)."""
        self._changes.append(np.array([items, class_ids], np.int64))
        self._waiting += len(items)
        if self._waiting > _MERGE_AT:
            self._merge()

    def all(self) -> tuple[Items, ClassIds]:
        """Return the items (K,), ascending, and their classes (K,)."""
        self._merge()
        items, class_ids = self._changes[0]
        return items.astype(np.uint32), class_ids.astype(np.int16)

    def _merge(self) -> None:
        newest_first = np.concatenate(self._changes, axis=1)[:, ::-1]
        _, first = np.unique(newest_first[0], return_index=True)
        self._changes, self._waiting = [newest_first[:, first]], 0
