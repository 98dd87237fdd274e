"""Default colours of classes. Classes of one group share a family of hues.

The name of a class can begin with the name of a group and a slash: `birds/owl`. For a group in a
group, `birds/owls/barn owl`, the first part counts.
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

# The palette began with the colours of Okabe and Ito, brightened for a dark background, and two
# further colours. Then all colours were changed until the two most similar colours were as
# different as possible: their distance in OKLab is 0.155 with normal vision, and 0.078 with
# protanopia, deuteranopia or tritanopia. Before this change, the distances were 0.083 and 0.019.
# The red of class 9 was then made darker, because it looked grey with protanopia, as unlabelled
# items do: the distance rose from 0.031 to 0.074. A test of the page measures these distances.
PALETTE = (
    "#E2B922",
    "#20A5D9",
    "#2DE4B6",
    "#FFF099",
    "#6F72FF",
    "#E37822",
    "#BD7BAA",
    "#A3F637",
    "#C2B0FF",
    "#F5205E",
)
"""Colours of the first ten classes, and hues of the first ten groups."""
SHADES = ((0.0, 1.0, 0), (-0.16, 1.0, -8), (0.12, 0.7, 8), (-0.08, 0.45, 14), (-0.24, 0.9, -16))
"""Changes of a colour: added to its lightness, factor of its chroma, and degrees added to its hue.

A class differs from the next classes of its hue by its mark, too (webxr_client/src/state/marks.ts).
"""
MARKED = 30
"""Number of classes from class 10 on that differ by hue and mark alone.

There are ten hues and three marks.
"""
SEPARATOR = "/"

# OKLab (Ottosson 2020): linear RGB to the responses of the cones, and their cube roots to OKLab.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LEAST_LIGHTNESS, _MOST_LIGHTNESS = 0.42, 0.97
"""Limits of the lightness in OKLab of a shade, which is visible on a dark background."""


def palette_colour(class_id: int) -> str:
    """Return the default colour of a class without a group.

    Hues repeat after ten classes. The page draws the items of class 10 and higher with a mark, such
    as a ring. When all combinations of hue and mark are used, the shade changes.
    """
    hue = class_id % len(PALETTE)
    return _shade(hue, max(0, class_id - len(PALETTE)) // MARKED % len(SHADES))


def default_colours(names: Iterable[str]) -> list[str]:
    """Return the default colours of the classes with these names, in the order of their ids.

    Each group gets the next hue of the palette, and its classes get shades of this hue. A class
    without a group gets its `palette_colour`.
    """
    groups: dict[str, int] = {}
    sizes: dict[str, int] = {}
    colours: list[str] = []
    for class_id, name in enumerate(names):
        group, separator, _ = name.partition(SEPARATOR)
        if not separator:
            colours.append(palette_colour(class_id))
            continue
        hue = groups.setdefault(group, len(groups)) % len(PALETTE)
        place = sizes.get(group, 0)
        sizes[group] = place + 1
        colours.append(_shade(hue, place % len(SHADES)))
    return colours


@lru_cache(maxsize=len(PALETTE) * len(SHADES))
def _shade(hue: int, place: int) -> str:
    """Return the colour number `hue` of the palette, changed as `SHADES[place]` states."""
    lighter, chroma, turn = SHADES[place]
    if place == 0:
        return PALETTE[hue]
    lightness, a, b = _oklab(PALETTE[hue])
    angle = np.deg2rad(turn)
    a, b = (
        chroma * (a * np.cos(angle) - b * np.sin(angle)),
        chroma * (a * np.sin(angle) + b * np.cos(angle)),
    )
    lightness = np.clip(lightness + lighter, _LEAST_LIGHTNESS, _MOST_LIGHTNESS)
    return _hex(np.array([lightness, a, b]))


def _oklab(colour: str) -> npt.NDArray[np.float64]:
    """Return lightness, a and b in OKLab (3,) of a colour like `#1b2935`."""
    channels = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return _LAB @ np.cbrt(_CONES @ linear)


def _hex(lab: npt.NDArray[np.float64]) -> str:
    """Return the nearest sRGB colour of an OKLab colour (3,), as hexadecimal text."""
    linear = np.linalg.solve(_CONES, np.linalg.solve(_LAB, lab) ** 3).clip(0, 1)
    channels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * channel):02X}" for channel in channels)
