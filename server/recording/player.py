"""Playback of a recording: the state of the session at each moment (recorded frame), in order."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lodespace import protocol
from lodespace.errors import ProjectError, ProtocolError
from lodespace.json_input import JsonError
from lodespace.protocol import frames
from lodespace.recording.format import FRAME, KEYFRAME, OPERATION, PREDICTIONS, Record
from lodespace.recording.salvage import showable_records
from lodespace.scene.glb import Scene, decode_scene


class Step(NamedTuple):
    """The changes from one moment of a recording to the next."""

    operations: list[protocol.Operation]
    """Operations since the previous moment."""
    moved: bool
    """Whether there is a moment after the operations. False for the operations after the last
    moment."""


class Player:
    """Plays a recording of N items: `scene` is the state at the current moment.

    Records that this version cannot read, and scenes with another number of items, are left out.
    Raises OSError when the file cannot be read.
    """

    def __init__(self, path: Path, n_items: int) -> None:
        self._path = path
        self._n = n_items
        self._keyframe: Scene | None = None
        self._positions = np.zeros((n_items, 3), np.int32)
        self._step = 0

    @property
    def step(self) -> int:
        """Training step of the current moment."""
        return self._step

    @property
    def scene(self) -> Scene | None:
        """State at the current moment; None before the first moment."""
        if self._keyframe is None:
            return None
        return dataclasses.replace(
            self._keyframe,
            positions=self._positions.astype(np.uint16),
            labels=self._keyframe.labels.copy(),
            step=self._step,
        )

    def steps(self) -> Iterator[Step]:
        """Play the recording from the beginning."""
        operations: list[protocol.Operation] = []
        for record in showable_records(self._path):
            if record.kind == OPERATION:
                operation = _operation(record)
                if operation is not None:
                    self._apply(operation)
                    operations.append(operation)
            elif self._show(record):
                yield Step(operations, True)
                operations = []
        yield Step(operations, False)

    def _show(self, record: Record) -> bool:
        """Show a keyframe or a frame. Returns whether the record is a moment."""
        try:
            if record.kind == KEYFRAME:
                return self._begin(decode_scene(record.payload))
            if record.kind in (FRAME, PREDICTIONS):
                return self._add(frames.decode(record.payload))
        except (ProjectError, ProtocolError):
            self._keyframe = None
        return False

    def _begin(self, scene: Scene) -> bool:
        self._keyframe = scene if len(scene.positions) == self._n else None
        self._positions = scene.positions.astype(np.int32)
        self._step = scene.step
        return self._keyframe is not None

    def _add(
        self, frame: frames.PositionsFrame | frames.PredictionsFrame | frames.ForcesFrame
    ) -> bool:
        if self._keyframe is None:
            return False
        if isinstance(frame, frames.PredictionsFrame):
            self._keyframe.predictions[frame.items] = frame.class_ids
            self._keyframe.confidence[frame.items] = frame.confidence
        if not isinstance(frame, frames.PositionsFrame) or len(frame.delta) != self._n:
            return False
        self._positions[:, : frame.header.axes] += frame.delta
        self._step = frame.header.step
        return True

    def _apply(self, operation: protocol.Operation) -> None:
        if self._keyframe is None:
            return
        if isinstance(operation, protocol.Classes):
            self._keyframe = dataclasses.replace(
                self._keyframe, classes=tuple(operation.classes), sequence=operation.sequence
            )
        elif isinstance(operation, protocol.AxesChanged):
            self._keyframe = dataclasses.replace(self._keyframe, axes=tuple(operation.axes))
        elif isinstance(operation, protocol.Labels):
            with contextlib.suppress(ProtocolError, ValueError, OverflowError):
                items, class_ids = operation.changes(self._n)
                self._keyframe.labels[items] = class_ids
                self._keyframe = dataclasses.replace(self._keyframe, sequence=operation.sequence)


def _operation(record: Record) -> protocol.Operation | None:
    """Return the operation of `record`; None if this version does not know the operation."""
    try:
        return protocol.decode_server_operation(record.payload)
    except JsonError:
        return None
