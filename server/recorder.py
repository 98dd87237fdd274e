"""Writes a session's motion and labels into its recording, as the stream would send them."""

import logging
import time
from collections.abc import Iterable
from pathlib import Path

from lodespace import protocol
from lodespace.errors import ProjectError
from lodespace.recording import FRAME, KEYFRAME, OPERATION, RecordingWriter
from lodespace.session import AnnotationSession

log = logging.getLogger(__name__)

FRAME_SECONDS = 0.1
"""Ten frames a second are recorded: replay interpolates, as the page does."""


class Recorder:
    """Records `session` into the file at `path`. `clock` tells seconds; a bake gives its own."""

    def __init__(self, path: Path, session: AnnotationSession, *, frame_seconds: float = FRAME_SECONDS) -> None:
        self.session = session
        self.frame_seconds = frame_seconds
        self._began = time.monotonic()
        self._last = float("-inf")
        self._scene_id = -1
        self._revision = -1
        header = {"protocol": protocol.PROTOCOL_VERSION, "dataset": session.items.name, "items": len(session.items)}
        try:
            self._writer = RecordingWriter(path, header)
        except ProjectError as error:
            log.warning("%s; it is kept as it is beside a new one", error)
            path.rename(path.with_name(f"{path.name}.damaged"))
            self._writer = RecordingWriter(path, header)

    def positions(self, time_now: float | None = None) -> None:
        """Record the newest positions, if the last frame was long enough ago. Raises OSError."""
        now = time.monotonic() - self._began if time_now is None else time_now
        if now - self._last < self.frame_seconds:
            return
        self._last = now
        grid = self.session.grid
        delta = None
        if self._scene_id == grid.scene_id and not self._writer.wants_keyframe:
            delta = grid.delta_from(self._revision)
        if delta is None:
            self._writer.append(KEYFRAME, now, self.session.scene_glb())
        else:
            self._writer.append(FRAME, now, delta)
        self._scene_id, self._revision = grid.scene_id, grid.revision
        self._writer.flush()

    def operations(self, operations: Iterable[protocol.Operation], time_now: float | None = None) -> None:
        """Record operations (labels, classes). A full disk costs the recording, never the label."""
        now = time.monotonic() - self._began if time_now is None else time_now
        try:
            for operation in operations:
                self._writer.append(OPERATION, now, protocol.encode_operation(operation))
            self._writer.flush()
        except OSError as error:
            log.warning("the recording could not be written: %s", error)

    def close(self) -> None:
        try:
            self._writer.close()
        except OSError as error:
            log.warning("the recording could not be written: %s", error)
