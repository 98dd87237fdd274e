"""Recorder of a session: writes positions and operations into a file, in the stream's formats."""

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.files import atomic_write
from lodespace.protocol import Timeline
from lodespace.recording import salvage
from lodespace.recording.format import FRAME, KEYFRAME, KEYFRAME_INTERVAL, OPERATION, Record
from lodespace.recording.index import RecordingIndex
from lodespace.recording.writer import RecordingFullError, RecordingWriter
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

FRAME_SECONDS = 0.1
"""Interval of recorded frames, in seconds. In replay, the page interpolates between frames."""
_MAX_WAITING = 64
"""Largest number of records that wait for a slow disk. At this number, new positions are skipped.
"""
_MAX_WAITING_BYTES = 64 << 20
"""Largest size of all records that wait for a slow disk, in bytes. Above this size, positions and
operations are skipped."""
CLOSE_SECONDS = 1.0
"""Longest time that `close` waits for the disk, in seconds. A person may be waiting for the
server to end."""
_RETRY_SECONDS = 2.0
"""Interval between two attempts to write a keyframe after a disk error, in seconds."""


class Recorder:
    """Records `session` into the file at `path`.

    A separate thread writes the file, so that a slow or full disk delays nothing else. After a disk
    error, or if the disk is too slow, a part of the recording is missing, but no label is lost.
    Recording continues with a keyframe as soon as the disk accepts a keyframe.
    """

    def __init__(
        self,
        path: Path,
        session: AnnotationSession,
        *,
        frame_seconds: float = FRAME_SECONDS,
        keyframe_interval: int = KEYFRAME_INTERVAL,
        patient: bool = False,
    ) -> None:
        """Prepare a recording; the file is opened with the first record.

        Args:
            path: The file.
            session: The session to record.
            frame_seconds: Interval of recorded frames, in seconds.
            keyframe_interval: Frames between two keyframes.
            patient: Whether to wait for a slow disk instead of skipping positions. A bake waits,
                because its bytes must not depend on the speed of the disk.
        """
        self.path = path
        self.session = session
        self.frame_seconds = frame_seconds
        self.keyframe_interval = keyframe_interval
        self.patient = patient
        self._began = time.monotonic()
        self._last = float("-inf")
        self._scene_id = -1
        self._revision = -1
        self._frames = 0
        self._submitted = 0
        self._done = 0  # used only by the writing thread
        self._submitted_bytes = 0
        self._done_bytes = 0  # used only by the writing thread
        self._closing = False
        # True after a record could not be written. Then no frame can be written before the next
        # keyframe. Set by the thread only.
        self._broken = False
        self._writer: RecordingWriter | None = None
        self._index = RecordingIndex()  # used only by the writing thread
        self._offset = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._closed = False

    def due(self, now: float) -> bool:
        """Return whether new positions may be recorded at the time `now`, in seconds."""
        interval = _RETRY_SECONDS if self._broken else self.frame_seconds
        return now - self._last >= interval - 1e-9

    def positions(self, now: float | None = None, *, last: bool = False) -> None:
        """Record the newest positions if they have changed and enough time has passed (`due`).

        Args:
            now: Time in seconds since the recorder was made; None for the current time.
            last: Whether training rests after these positions. If so, they are recorded at once.
        """
        now = self._seconds() if now is None else now
        grid = self.session.grid
        changed = (self._scene_id, self._revision) != (grid.scene_id, grid.revision)
        if not changed or not (last or self.due(now)):
            return
        waiting = self._submitted_bytes - self._done_bytes
        if self._submitted - self._done >= _MAX_WAITING or waiting > _MAX_WAITING_BYTES:
            if not self.patient:
                return
            self.wait()
        delta = None
        if (
            self._scene_id == grid.scene_id
            and self._frames < self.keyframe_interval
            and not self._broken
        ):
            delta = grid.delta_from(self._revision)
        if delta is None:
            self._frames = 0
            self._write(KEYFRAME, now, self.session.encoder.scene_glb())
        else:
            self._frames += 1
            self._write(FRAME, now, delta)
        self._last = now
        self._scene_id, self._revision = grid.scene_id, grid.revision

    def operations(
        self, operations: Iterable[protocol.Operation], now: float | None = None
    ) -> None:
        """Record operations (labels, classes, losses).

        `now` has the same meaning as for `positions`.
        """
        now = self._seconds() if now is None else now
        for operation in operations:
            payload = protocol.encode_operation(operation)
            waiting = self._submitted_bytes - self._done_bytes
            if waiting and waiting + len(payload) > _MAX_WAITING_BYTES:
                if not self.patient:
                    # The next positions are a keyframe, whose labels include the skipped changes.
                    self._scene_id = -1
                    continue
                self.wait()
            self._write(OPERATION, now, payload)

    def timeline(self) -> Future[Timeline]:
        """Return a Future of the timeline.

        The Future completes when all waiting records are written.
        """
        return self._thread.submit(self._timeline)

    def _timeline(self) -> Timeline:
        """Return the timeline; runs in the thread."""
        if self._writer is None and self.path.is_file():
            try:
                self._begin()
            except (OSError, ProjectError) as error:
                log.warning("%s could not be read: %s", self.path, error)
        return self._index.timeline()

    def wait(self) -> None:
        """Wait until every record is written, or until an error has prevented its writing."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Write the waiting records and close the file.

        Gives up after CLOSE_SECONDS on a slow disk, unless `patient` is True. A second call
        has no effect.
        """
        if self._closed:
            return
        self._closed = True
        last = self._thread.submit(self._close)
        if not self.patient:
            try:
                last.result(CLOSE_SECONDS)
            except TimeoutError:
                self._closing = True
                if self._writer is not None:
                    self._writer.stop_thinning()
                log.warning(
                    "%s: the disk is slow, so the newest records are missing; labels are not "
                    "affected",
                    self.path,
                )
        self._thread.shutdown(wait=True)

    def _close(self) -> None:
        """Close the file; runs in the thread."""
        if self._writer is not None:
            self._writer.close()

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _write(self, kind: bytes, now: float, payload: bytes) -> None:
        self._submitted += 1
        self._submitted_bytes += len(payload)
        self._thread.submit(self._append, kind, now, payload)

    def _append(self, kind: bytes, now: float, payload: bytes) -> None:
        """Write one record; runs in the thread."""
        try:
            if self._closing:
                return
            writer = self._writer or self._begin()
            if kind != FRAME or not self._broken:
                written = writer.append(kind, self._offset + now, payload)
                # `append` may thin the file and replace `_index`, so `_index` is read after
                # `append`, in a statement of its own.
                self._index.add(written)
                self._broken = self._broken and kind != KEYFRAME
        except (OSError, ProjectError) as error:
            if not self._broken and not self._closing and not isinstance(error, RecordingFullError):
                log.warning(
                    "%s could not be written (%s); labels are not affected", self.path, error
                )
            self._broken = True
        finally:
            self._done += 1
            self._done_bytes += len(payload)

    def _begin(self) -> RecordingWriter:
        self._writer = self._open()
        self._offset = self._writer.last_time
        return self._writer

    def _follow(self, records: Iterator[Record]) -> None:
        self._index = RecordingIndex()
        for record in records:
            self._index.add(record)

    def _open(self) -> RecordingWriter:
        """Open the file. Runs in the recorder's thread, because the search for an incomplete record
        reads the whole file."""
        header: dict[str, object] = {
            "protocol": protocol.PROTOCOL_VERSION,
            "dataset": self.session.items.name,
            "items": len(self.session.items),
        }
        if self.path.exists() and (not self.path.is_file() or salvage.is_damaged(self.path)):
            self._keep_damaged(header)
        return RecordingWriter(self.path, header, follow=self._follow)

    def _keep_damaged(self, header: dict[str, object]) -> None:
        """Rename the damaged file, and write its intact records to a new file."""
        damaged, number = self.path.with_name(f"{self.path.name}.damaged"), 2
        while damaged.exists():
            damaged, number = damaged.with_name(f"{self.path.name}.damaged-{number}"), number + 1
        self.path.rename(damaged)
        log.warning(
            "%s: the recording is damaged; the damaged file is now called %s, and a new recording "
            "begins with copies of its intact records",
            self.path,
            damaged.name,
        )
        if damaged.is_file():
            atomic_write(self.path, lambda out: salvage.write_intact(damaged, out, header))
