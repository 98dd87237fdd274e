"""Writes a session's motion and labels into its recording, as the stream would send them."""

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.protocol import Timeline
from lodespace.recording.format import (
    FRAME,
    KEYFRAME,
    KEYFRAME_INTERVAL,
    OPERATION,
    Record,
    RecordingWriter,
)
from lodespace.recording.index import RecordingIndex
from lodespace.session.session import AnnotationSession

log = logging.getLogger(__name__)

FRAME_SECONDS = 0.1
"""Ten frames a second are recorded: replay interpolates, as the page does."""
_MAX_WAITING = 64
"""Records that may wait for a slow disk; then positions are left out until it has caught up."""
_RETRY_SECONDS = 2.0
"""After a record could not be written, a keyframe is tried so often."""


class Recorder:
    """Records `session` into the file at `path`. Writing happens in one thread of its own: a slow or full disk delays nobody.

    A disk that cannot be written costs the recording, never a label; it goes on with a keyframe once there is room. `patient`: wait for a
    slow disk instead of leaving positions out; for a bake, whose bytes may not hang on the disk's mood.
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
        self._done = 0  # the thread's
        self._broken = False  # the thread's: a record is missing, frames have nothing to build on until the next keyframe
        self._writer: RecordingWriter | None = None
        self._index = RecordingIndex()  # the thread's
        self._offset = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")

    def due(self, now: float) -> bool:
        """Whether the last recorded positions are long enough ago at `now` (seconds)."""
        interval = _RETRY_SECONDS if self._broken else self.frame_seconds
        return now - self._last >= interval - 1e-9

    def positions(self, now: float | None = None, *, last: bool = False) -> None:
        """Record the newest positions when they are due, or the `last` before a rest. `now`: seconds (default: the clock's)."""
        now = self._seconds() if now is None else now
        grid = self.session.grid
        changed = (self._scene_id, self._revision) != (grid.scene_id, grid.revision)
        if not changed or not (last or self.due(now)):
            return
        if self._submitted - self._done >= _MAX_WAITING:
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
        """Record operations (labels, classes, losses)."""
        now = self._seconds() if now is None else now
        for operation in operations:
            self._write(OPERATION, now, protocol.encode_operation(operation))

    def timeline(self) -> Future[Timeline]:
        """What has been recorded, all that waits included."""
        return self._thread.submit(self._timeline)

    def _timeline(self) -> Timeline:
        """In the recorder's thread."""
        if self._writer is None and self.path.is_file():
            try:
                self._begin()
            except (OSError, ProjectError) as error:
                log.warning("%s could not be read: %s", self.path, error)
        return self._index.timeline()

    def wait(self) -> None:
        """Until all that was recorded is written, or has failed to be."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Write what waits, and end."""
        self._thread.shutdown(wait=True)
        if self._writer is not None:
            self._writer.close()

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _write(self, kind: bytes, now: float, payload: bytes) -> None:
        self._submitted += 1
        self._thread.submit(self._append, kind, now, payload)

    def _append(self, kind: bytes, now: float, payload: bytes) -> None:
        """In the recorder's thread."""
        try:
            writer = self._writer or self._begin()
            if kind != FRAME or not self._broken:
                written = writer.append(kind, self._offset + now, payload)
                self._index.add(
                    *written
                )  # not in one line: writing may have thinned the file, and made the index anew
                self._broken = self._broken and kind != KEYFRAME
        except (OSError, ProjectError) as error:
            if not self._broken:
                log.warning(
                    "%s could not be written (%s); labels are not concerned", self.path, error
                )
            self._broken = True
        finally:
            self._done += 1

    def _begin(self) -> RecordingWriter:
        self._writer = self._open()
        self._offset = self._writer.last_time
        return self._writer

    def _follow(self, records: Iterator[tuple[Record, int]]) -> None:
        self._index = RecordingIndex()
        for record, end in records:
            self._index.add(record, end)

    def _open(self) -> RecordingWriter:
        """Opening reads the whole file to find a torn tail: in the thread, the server need not wait."""
        header = {
            "protocol": protocol.PROTOCOL_VERSION,
            "dataset": self.session.items.name,
            "items": len(self.session.items),
        }
        try:
            return RecordingWriter(self.path, header, follow=self._follow)
        except ProjectError as error:
            log.warning("%s; it is kept as it is beside a new one", error)
            self.path.rename(self.path.with_name(f"{self.path.name}.damaged"))
            return RecordingWriter(self.path, header, follow=self._follow)
