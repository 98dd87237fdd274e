"""Parts of a picture beside the cloud: the legend, and the track (the timeline of a film)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import ImageDraw

from lodespace.drawing.lettering import Colour, Style, draw_text, shortened
from lodespace.protocol import UNLABELED, ClassInfo, Gesture

TEXT = (233, 237, 243)
"""RGB of text, as on the page in its dark theme."""
MUTED = (151, 162, 177)
"""RGB of secondary text."""
ACCENT = (124, 199, 255)
"""RGB of the played part of the track."""
_RAIL = (44, 52, 63)
_ROW = 24
"""Height of a row of the legend, in pixels."""
_SWATCH = 12
"""Width and height of a swatch, in pixels."""
_NAME = Style(15)


def shown_classes(
    classes: Sequence[ClassInfo], labels: npt.NDArray[np.int16], predictions: npt.NDArray[np.int16]
) -> list[ClassInfo]:
    """Return the classes that the items have. An item without a label has its predicted class."""
    known = np.where(labels == UNLABELED, predictions, labels)
    there = set(np.unique(known).tolist())
    return [info for info in classes if info.class_id in there and not info.removed]


def draw_legend(
    draw: ImageDraw.ImageDraw, classes: Sequence[ClassInfo], area: tuple[int, int, int, int]
) -> None:
    """Draw the names of the classes as a column.

    Args:
        draw: The picture.
        classes: Classes to name. The last row has the number of classes for which there is no room.
        area: Left, upper, right and lower edge of the column, in pixels.
    """
    left, top, right, bottom = area
    rows = max(1, (bottom - top) // _ROW)
    listed = classes if len(classes) <= rows else classes[: rows - 1]
    y = (top + bottom - _ROW * min(len(classes), rows)) // 2
    width = right - left - _SWATCH - 8
    for info in listed:
        at = (left, y + 5, left + _SWATCH - 1, y + 5 + _SWATCH - 1)
        draw.rounded_rectangle(at, radius=3, fill=rgb(info.colour))
        name = shortened(info.name, _NAME, width)
        draw_text(draw, (left + _SWATCH + 8, y + 16), name, _NAME, TEXT)
        y += _ROW
    if len(listed) < len(classes):
        more = f"and {len(classes) - len(listed)} more"
        draw_text(draw, (left + _SWATCH + 8, y + 16), more, _NAME, MUTED)


def draw_track(
    draw: ImageDraw.ImageDraw,
    line: tuple[int, int, int],
    share: float,
    marks: Sequence[tuple[float, Colour]],
) -> None:
    """Draw the track of a film, with the played part and one mark per gesture.

    Args:
        draw: The picture.
        line: Left end, right end and y coordinate of the track, in pixels.
        share: Played share of the track, 0 to 1.
        marks: Place (0 to 1) and colour of each mark.
    """
    left, right, y = line
    now = left + share * (right - left)
    draw.rectangle((left, y - 1, right, y + 1), fill=_RAIL)
    draw.rectangle((left, y - 1, now, y + 1), fill=ACCENT)
    for place, colour in marks:
        x = left + place * (right - left)
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colour)
    draw.ellipse((now - 7, y - 7, now + 7, y + 7), fill=TEXT)


def gesture_text(gesture: Gesture, classes: Sequence[ClassInfo]) -> str:
    """Return a short description of a gesture, such as "12 items as 3"."""
    items = f"{gesture.count:,} {'item' if gesture.count == 1 else 'items'}"
    names = {info.class_id: info.name for info in classes}
    if gesture.kind == "label":
        if gesture.class_id in names:
            return f"{items} as {names[gesture.class_id]}"
        return gesture.note or f"labels of {items}"
    return gesture.note or {"anchor": f"{items} moved", "unpin": f"{items} unpinned"}.get(
        gesture.kind, gesture.kind
    )


def rgb(colour: str) -> Colour:
    """Return red, green and blue of a colour such as `#1b2935`."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
