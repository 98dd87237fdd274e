"""Writer of recordings: appends records, and keeps the file below its size limit."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from lodespace.files import atomic_write
from lodespace.recording.format import (
    FRAME,
    MAX_BYTES,
    Record,
    encode_record,
    end_of,
    new_recording,
    read_records,
    start_of,
)
from lodespace.recording.thinning import Thinning

GROWTH = 1.1
"""Factor by which the file grows between two attempts to make it smaller (thinning.py). An attempt
reads the whole file, so an attempt after each record would be too slow."""


class RecordingFullError(OSError):
    """A frame does not fit into the recording. The next keyframe makes room, because the frames
    before a keyframe can be removed."""


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
            max_bytes: Size above which the file is thinned. The file exceeds this size by at most
                a tenth, unless its first keyframe and one label per item need more.
            follow: Called with all records when the file is opened, and again each time the file
                has been thinned.
        """
        self.path = path
        self._follow = follow
        self.max_bytes = max_bytes
        self.last_time = 0.0
        """Time of the newest record, in seconds since the recording began."""
        self._thin_at = max_bytes
        self._stopped = False
        if not path.exists():
            path.write_bytes(new_recording(header))
        self._open()

    def _open(self) -> None:
        """Open the file to write after its newest complete record.

        All complete records are passed to `follow`.
        """
        self._size = start_of(self.path)
        if self._follow is None:
            for _ in self._records():
                pass
        else:
            self._follow(self._records())
        os.truncate(self.path, self._size)
        self._file: IO[bytes] = self.path.open("ab", buffering=0)

    def _records(self) -> Iterator[Record]:
        for record in read_records(self.path):
            self._size = end_of(record)
            self.last_time = record.time
            yield record

    def append(self, kind: bytes, time: float, payload: bytes) -> Record:
        """Append one record, and return it.

        If an OSError is raised, no record was appended. The next record must then be a keyframe,
        because each frame holds only the changes since the previous frame.
        """
        record = encode_record(kind, time, payload)
        if self._file.closed:
            self._open()
        if self._size + len(record) > self._thin_at:
            self._thin()
            if kind == FRAME and self._size + len(record) > self.max_bytes:
                raise RecordingFullError(
                    "the recording is full: no positions are recorded until the next keyframe"
                )
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

    def stop_thinning(self) -> None:
        """Ask the thinning of the file to stop, if it runs in another thread. The thinning then
        ends with an OSError."""
        self._stopped = True

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _thin(self) -> None:
        """Remove a part of the older half of the records, so that the file is small enough.

        The function writes a new file, which replaces the old file. If an OSError is raised, the
        old file stays as it was, and is still too large.
        """
        self._thin_at = max(self.max_bytes, int(self._size * GROWTH))
        thinning = Thinning(self.path, self.max_bytes * 3 // 4, lambda: self._stopped)
        if not thinning.useful:
            return
        self._file.close()  # after an error, the next `append` opens and reads the file again
        atomic_write(self.path, thinning.write)
        self._open()
        self._thin_at = max(self.max_bytes, int(self._size * GROWTH))
