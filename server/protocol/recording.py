"""Contents of a recording."""

from typing import Literal

from lodespace.protocol.base import Message
from lodespace.protocol.history import Gesture


class Tick(Message):
    """A gesture on the timeline."""

    moment: int
    """Moment (number of the recorded frame) after which the gesture happened."""
    event: Literal["made", "undone", "redone"]
    """Whether the gesture was made, undone or redone."""
    gesture: Gesture
    """The gesture."""
    labelled: int | None = None
    """Number of items with a label after this event; null in recordings of older versions."""


class Keyframes(Message):
    """Keyframes of the recording: records that hold a whole scene."""

    moment: list[int]
    """Moment (number of the recorded frame) of each keyframe."""
    time: list[float]
    """Time of each keyframe, in seconds since the start of the recording."""
    offset: list[int]
    """Byte of the recording at which each keyframe starts."""


class Curves(Message):
    """Samples of the training curves."""

    moment: list[int]
    """Moment (number of the recorded frame) of each sample."""
    values: dict[str, list[float | None]]
    """Values per loss term and per metric, one value per sample; null for a value that was not
    measured."""


class Timeline(Message):
    """Answer of GET /api/timeline. A moment is one recorded frame of positions, counted from 0.

    To show a moment, read /api/recording (a Range request) from the last keyframe at or before the
    moment up to the next keyframe. After the last keyframe, read up to `end`.
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
