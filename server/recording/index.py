"""Index of a recording: moments, keyframes, gestures and curves, updated with each record."""

from pathlib import Path

from lodespace.json_input import JsonError
from lodespace.protocol import (
    Curves,
    GestureTold,
    Keyframes,
    LossesMeasured,
    Tick,
    Timeline,
    decode_server_operation,
)
from lodespace.recording.format import FRAME, KEYFRAME, OPERATION, Record, end_of, read_records

MAX_CURVE_POINTS = 600
"""Largest number of points per curve of a timeline."""
MAX_TICKS = 2000
"""Largest number of gestures in a timeline; older gestures are left out."""


class RecordingIndex:
    """Index of a recording, built record by record.

    A moment is one keyframe or frame. Moments are numbered from 0.
    """

    def __init__(self) -> None:
        self.moments = 0
        """Number of moments."""
        self.end = 0
        """Byte of the file where the newest record ends."""
        self._keyframes = Keyframes(moment=[], time=[], offset=[])
        self._ticks: list[Tick] = []
        self._measured: list[tuple[int, LossesMeasured]] = []

    def add(self, record: Record) -> None:
        """Add the next record of the file."""
        if record.kind == KEYFRAME:
            self._keyframes.moment.append(self.moments)
            self._keyframes.time.append(record.time)
            self._keyframes.offset.append(record.offset)
        if record.kind in (KEYFRAME, FRAME):
            self.moments += 1
        elif record.kind == OPERATION:
            self._note(record.payload)
        self.end = end_of(record)

    def _note(self, payload: bytes) -> None:
        try:
            operation = decode_server_operation(payload)
        except JsonError:
            return  # an operation that this version does not know
        if isinstance(operation, GestureTold):
            self._ticks.append(
                Tick(
                    moment=max(0, self.moments - 1),
                    event=operation.event,
                    gesture=operation.gesture,
                    labelled=operation.labelled,
                )
            )
            del self._ticks[: -2 * MAX_TICKS]
        elif isinstance(operation, LossesMeasured):
            self._measured.append((max(0, self.moments - 1), operation))
            if len(self._measured) > 4 * MAX_CURVE_POINTS:
                del self._measured[1::2]

    def timeline(self) -> Timeline:
        """Return the timeline for clients. The lists in the timeline are copies."""
        keyframes = self._keyframes
        return Timeline(
            moments=self.moments,
            end=self.end,
            keyframes=Keyframes(
                moment=list(keyframes.moment),
                time=list(keyframes.time),
                offset=list(keyframes.offset),
            ),
            ticks=self._ticks[-MAX_TICKS:],
            curves=self._curves(),
        )

    def _curves(self) -> Curves:
        every = max(1, -(-len(self._measured) // MAX_CURVE_POINTS))
        chosen = self._measured[::-1][::every][::-1]  # always includes the newest sample
        values = [{**measured.losses.terms, **measured.losses.metrics} for _, measured in chosen]
        names = sorted({name for one in values for name in one})
        return Curves(
            moment=[moment for moment, _ in chosen],
            values={name: [one.get(name) for one in values] for name in names},
        )


def index_of(path: Path) -> Timeline:
    """Return the timeline of a recording; an empty timeline if there is no file.

    Raises ProjectError when the file is not a recording.
    """
    index = RecordingIndex()
    if path.is_file():
        for record in read_records(path):
            index.add(record)
    return index.timeline()
