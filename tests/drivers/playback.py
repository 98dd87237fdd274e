"""Reader of recordings that uses only the rules of docs/protocol.md, as a client does."""

from pathlib import Path

import numpy as np

from lodespace import protocol
from lodespace.protocol import frames
from lodespace.recording.format import FRAME, KEYFRAME, read_records
from lodespace.scene.glb import decode_scene


def replay(path: Path) -> list[tuple[float, np.ndarray]]:
    """Return the times and positions of all keyframes and frames of a recording, in order."""
    shown: list[tuple[float, np.ndarray]] = []
    for record in read_records(path):
        if record.kind == KEYFRAME:
            shown.append((record.time, decode_scene(record.payload).positions.astype(np.int64)))
        elif record.kind == FRAME:
            frame = frames.decode(record.payload)
            assert isinstance(frame, frames.PositionsFrame)
            positions = shown[-1][1].copy()
            positions[:, : frame.delta.shape[1]] += frame.delta
            shown.append((record.time, positions))
    return shown


def shown_at(path: Path, timeline: protocol.Timeline, moment: int) -> np.ndarray:
    """Return the positions at `moment`, read from the last keyframe at or before `moment`."""
    keyframes = timeline.keyframes
    k = int(np.searchsorted(keyframes.moment, moment, side="right")) - 1
    at, positions = keyframes.moment[k] - 1, np.empty(0)
    for record in read_records(path, keyframes.offset[k]):
        if record.kind == KEYFRAME:
            positions = decode_scene(record.payload).positions.astype(np.int64)
        elif record.kind == FRAME:
            frame = frames.decode(record.payload)
            assert isinstance(frame, frames.PositionsFrame)
            positions = positions + frame.delta
        at += record.kind in (KEYFRAME, FRAME)
        if at == moment:
            return positions
    raise AssertionError("the recording does not have this moment")
