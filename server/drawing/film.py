"""A film of the training: the moments of a recording, with a camera that slowly turns.

The same recording and items give the same frames on every computer, except for letters that the
page's typeface does not have (lettering.py).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from lodespace.drawing import layout
from lodespace.drawing.camera import PAGE_AZIMUTH, Area, Camera, Extent, extent_of
from lodespace.drawing.cloud import GROUND, SUPERSAMPLING, CloudPainter, class_colours
from lodespace.drawing.lettering import Colour, Style, draw_text, shortened, text_width
from lodespace.drawing.recorded import Moment, moments
from lodespace.errors import ProjectError
from lodespace.items.item_set import ItemSet
from lodespace.protocol import Gesture

SIZE = (1280, 720)
"""Width and height of a frame, in pixels."""
RATE = 30
"""Frames per second."""
FRAMES = 12 * RATE
"""Number of frames of a film."""
FIRST, LAST = 1 / 24, 1 / 6
"""Shares of the film that show the first and the last moment."""
TURN = 50.0
"""Angle by which the camera turns during the film, in degrees. The film ends with the view that the
page shows when it opens."""
AREA = Area(24, 24, 1090, 612)
"""Part of a frame in which the cloud is drawn."""
TRACK = (40, 1240, 676)
"""Left end, right end and y coordinate of the track in pixels. The track is the film's timeline."""
_LEGEND = (1120, 70, 1264, 600)
_SMOOTH = 1 / 30
"""Smoothness of the motion with which the camera follows the cloud.

The value is the standard deviation of a Gaussian, as a share of the film.
"""
_SHOWN_GESTURE = 2 * RATE
"""Number of frames for which a text describes the newest gesture, for example "12 items as 3"."""
_RINGED = RATE * 2 // 3
"""Number of frames for which the items of a gesture have rings."""
_MOST_RINGS = 400
"""Largest number of rings. The items of a gesture with more items have no rings."""
_TITLE, _SMALL = Style(19, 600), Style(15)


class _Mark(NamedTuple):
    """A gesture on the track."""

    moment: int
    """Number of the moment after which the gesture was made."""
    gesture: Gesture
    """The gesture."""
    colour: Colour
    """Colour of the gesture's class."""
    items: npt.NDArray[np.int64]
    """Items to mark with a ring, (K,)."""


class _Newest(NamedTuple):
    """The newest gesture before a frame."""

    mark: _Mark
    """The gesture on the track."""
    frames: int
    """Number of frames since the gesture."""


class Film:
    """The frames of a film, in RGB. Iteration yields them in order."""

    def __init__(self, path: Path, items: ItemSet, frames: int = FRAMES) -> None:
        """Read the recording once, to know where the cloud is at each moment.

        Args:
            path: The recording.
            items: The items of the recording.
            frames: Number of frames.

        Raises:
            ProjectError: There is no recording, or it is of other items.
        """
        self._path, self._items = path, items
        extents, self._marks, self._last = _survey(path, items)
        self._end = max(1, len(extents) - 1)
        self.times = moment_times(len(extents), frames)
        """Moment of the recording that each frame shows. A fraction lies between two moments."""
        flat = self._last.latent_mean.shape[1] == 2
        azimuths = PAGE_AZIMUTH - TURN * np.linspace(1, 0, frames)
        self.cameras = [
            Camera(extent, AREA, azimuth=float(azimuth), flat=flat)
            for extent, azimuth in zip(_followed(extents, self.times), azimuths, strict=True)
        ]
        """Camera of each frame."""
        self._painter = CloudPainter(items, AREA, flat=flat)

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[Image.Image]:
        stream = moments(self._path, len(self._items))
        before = after = next(stream)
        for frame, time in enumerate(self.times.tolist()):
            while after.number < time:
                before, after = after, next(stream)
            share = time - before.number if after.number > before.number else 0.0
            means = _solid(before) + share * (_solid(after) - _solid(before))
            yield self._drawn(frame, means, after if share > 0.5 else before)

    def _drawn(self, frame: int, means: npt.NDArray[np.floating], shown: Moment) -> Image.Image:
        newest = self._newest(frame)
        rings = newest.mark.items if newest is not None and newest.frames < _RINGED else None
        canvas = Image.new("RGB", (SIZE[0] * SUPERSAMPLING, SIZE[1] * SUPERSAMPLING), GROUND)
        self._painter.paint(
            canvas,
            self.cameras[frame].project(means),
            class_colours(shown.classes, shown.labels, shown.predictions),
            rings,
        )
        picture = canvas.reduce(SUPERSAMPLING)
        draw = ImageDraw.Draw(picture)
        last = self._last
        title = shortened(self._items.name, _TITLE, 600)
        draw_text(draw, (28, 44), title, _TITLE, layout.TEXT)
        classes = layout.shown_classes(last.classes, last.labels, last.predictions)
        layout.draw_legend(draw, classes, _LEGEND)
        marks = [(mark.moment / self._end, mark.colour) for mark in self._marks]
        layout.draw_track(draw, TRACK, float(self.times[frame]) / self._end, marks)
        _write_state(draw, shown, newest)
        return picture

    def _newest(self, frame: int) -> _Newest | None:
        made = [mark for mark in self._marks if mark.moment <= self.times[frame]]
        if not made:
            return None
        return _Newest(made[-1], frame - int(np.searchsorted(self.times, made[-1].moment)))


def moment_times(n: int, frames: int) -> npt.NDArray[np.float64]:
    """Return the moment that each frame shows, as a position from 0 to `n` - 1, (frames,).

    A position such as 2.5 is halfway between two moments. If there are more moments than frames,
    all positions are whole numbers.
    """
    first, last = round(FIRST * frames), round(LAST * frames)
    ramp = np.linspace(0, n - 1, frames - first - last)
    times = np.concatenate([np.zeros(first), ramp, np.full(last, n - 1.0)])
    return times if n <= frames else np.round(times)


def _survey(path: Path, items: ItemSet) -> tuple[list[Extent], list[_Mark], Moment]:
    """Return where the cloud is at each moment, the gestures, and the last moment."""
    if not path.is_file():
        raise ProjectError(
            f"{path.parent} has no recording of its training, so there is nothing to film"
        )
    extents: list[Extent] = []
    marks: list[_Mark] = []
    last: Moment | None = None
    for moment in moments(path, len(items)):
        extents.append(extent_of(moment.latent_mean))
        colours = {info.class_id: layout.rgb(info.colour) for info in moment.classes}
        ringed = moment.changed if len(moment.changed) <= _MOST_RINGS else moment.changed[:0]
        for gesture in moment.gestures:
            colour = colours.get(gesture.class_id, layout.MUTED)
            marks.append(_Mark(moment.number, gesture, colour, ringed))
        last = moment
    if last is None:
        raise ProjectError(f"{path} is not a recording of these items, so there is nothing to film")
    return extents, marks, last


def _followed(extents: list[Extent], times: npt.NDArray[np.float64]) -> list[Extent]:
    """Return the extent that the camera shows in each frame: the cloud's extent, smoothed."""
    numbers = np.arange(len(extents))
    deviation = max(1.0, _SMOOTH * len(times))
    reach = int(4 * deviation)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights /= weights.sum()

    def smooth(values: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        by_frame = np.interp(times, numbers, values)
        return np.convolve(np.pad(by_frame, reach, mode="edge"), weights, mode="valid")

    centres = np.stack([smooth(c) for c in np.array([e.centre for e in extents]).T], axis=1)
    halves = np.stack([smooth(h) for h in np.array([e.half for e in extents]).T], axis=1)
    return [Extent(centre, half) for centre, half in zip(centres, halves, strict=True)]


def _solid(moment: Moment) -> npt.NDArray[np.float32]:
    """Return the latent means as (N, 3)."""
    means = moment.latent_mean
    return np.pad(means, ((0, 0), (0, 3 - means.shape[1])))


def _write_state(draw: ImageDraw.ImageDraw, shown: Moment, newest: _Newest | None) -> None:
    """Write the training step at the right of the track, and the newest gesture at its left."""
    left, right, y = TRACK
    step = f"step {shown.step:,}"
    at = (right - text_width(step, _SMALL), y - 22)
    draw_text(draw, at, step, _SMALL, layout.MUTED)
    if newest is None or newest.frames >= _SHOWN_GESTURE:
        return
    text = layout.gesture_text(newest.mark.gesture, shown.classes)
    draw.ellipse((left, y - 33, left + 11, y - 22), fill=newest.mark.colour)
    at = (left + 20, y - 22)
    draw_text(draw, at, shortened(text, _SMALL, 800), _SMALL, layout.TEXT)
