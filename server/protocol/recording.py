"""Contents of a recording."""

from typing import Literal

from lodespace.protocol.base import Message
from lodespace.protocol.history import Gesture


class Tick(Message):
    """A gesture on the timeline."""

    moment: int
    """Moment after which the gesture happened."""
    event: Literal["made", "undone", "redone"]
    """Kind of the change."""
    gesture: Gesture
    """The gesture."""


class Keyframes(Message):
    """Keyframes of the recording: records that hold a whole scene."""

    moment: list[int]
    """Moment of each keyframe."""
    time: list[float]
    """Seconds since the start of the recording."""
    offset: list[int]
    """Byte at which the record starts."""


class Curves(Message):
    """Samples of the training curves."""

    moment: list[int]
    """Moment of each sample."""
    values: dict[str, list[float | None]]
    """Value of each loss term and metric per sample; null where it was not measured."""


class Timeline(Message):
    """Answer of GET /api/timeline. A moment is one recorded frame of positions, counted from 0.

    To show a moment, read /api/recording (a Range request) from the last keyframe at or before it
    up to the next keyframe, or to `end`.
    """

    moments: int
    """Number of moments."""
    end: int
    """Size of the recording, in bytes."""
    keyframes: Keyframes
    """All keyframes, in order."""
    ticks: list[Tick]
    """All gestures, in order."""
    curves: Curves
    """Samples of the training curves."""
