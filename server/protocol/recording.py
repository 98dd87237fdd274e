"""What a recording holds."""

from typing import Literal

from lodespace.protocol.base import Message
from lodespace.protocol.history import Gesture


class Tick(Message):
    """A gesture on the timeline: made, undone or redone after moment `moment`."""

    moment: int
    event: Literal["made", "undone", "redone"]
    gesture: Gesture


class Keyframes(Message):
    """Where the recording holds whole scenes: which moment, when (seconds since it began), and the byte where the record begins."""

    moment: list[int]
    time: list[float]
    offset: list[int]


class Curves(Message):
    """Samples of the training curves: `values` of each loss term and metric at `moment`, null where it was not measured."""

    moment: list[int]
    values: dict[str, list[float | None]]


class Timeline(Message):
    """Answer of GET /api/timeline: what the recording holds. A moment is one recorded frame of positions, counted from 0.

    To show one, read /api/recording from the last keyframe at or before it (a Range request) up to the next one, or to `end`.
    """

    moments: int
    end: int
    keyframes: Keyframes
    ticks: list[Tick]
    curves: Curves
