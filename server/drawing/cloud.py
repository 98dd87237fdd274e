"""Drawing of the items on a picture, as small pictures or as discs, from far to near.

The picture is drawn at SUPERSAMPLING times its size and then reduced, so that edges are smooth and
slow motion has no steps of whole pixels.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from lodespace.drawing.camera import Area, Projected
from lodespace.items.class_lookup import lookup
from lodespace.items.item_set import ItemSet
from lodespace.items.thumbnails import small_pictures
from lodespace.protocol import UNLABELED, ClassInfo

SUPERSAMPLING = 2
"""Factor by which the picture is larger while it is drawn."""
GROUND = (13, 18, 25)
"""RGB of the background, as on the page in its dark theme."""
UNLABELLED = (107, 118, 134)
"""RGB of items without a class, as on the page in its dark theme."""
_PALE = 0.55
"""Share of the class colour in the colour of a predicted item; the rest is UNLABELLED."""
_FOG = 0.45
"""Share of the background in the colour of the farthest items."""
_SOLID_SIZE, _FLAT_SIZE = 0.42, 1.25
"""Size of a point in a cloud of one item, in 3D and in 2D, as a share of the area's height.

In larger clouds, points are smaller (`point_size`).
"""
_RING = (235, 240, 246)
"""RGB of the ring round an item."""
_RING_DISTANCE = 3
"""Distance of the ring from the point, in pixels."""
_LARGEST = 44
"""Largest size of a point, in pixels."""
_SMALLEST_PICTURE = 7
"""Smallest size at which a picture can be recognised, in pixels. Smaller points are discs."""
_MOST_PICTURES = 20_000
"""Largest number of items that are drawn as pictures.

More items are drawn as discs, because the resized pictures are kept in memory.
"""
_INK = (0.12, 0.75)
"""Grey values (0 to 1) that limit the opacity of a grey picture, as on the page.

A pixel below the first value is transparent. A pixel above the second value is opaque.
"""


def class_colours(
    classes: Sequence[ClassInfo],
    labels: npt.NDArray[np.int16],
    predictions: npt.NDArray[np.int16],
) -> npt.NDArray[np.uint8]:
    """Return the colour of each item, uint8 (N, 3).

    A labelled item has the colour of its class, and any other item a paler colour of its predicted
    class.
    """
    colours = np.array([tuple(bytes.fromhex(c.colour[1:])) for c in classes], np.uint8)
    colours = colours.reshape(-1, 3)
    pale = (_PALE * colours + (1 - _PALE) * np.array(UNLABELLED)).astype(np.uint8)
    return np.where(
        (labels == UNLABELED)[:, None],
        lookup(pale, predictions, UNLABELLED),
        lookup(colours, labels, UNLABELLED),
    )


def point_size(n: int, area: Area, *, flat: bool) -> float:
    """Return the size of a point at the middle of a cloud of `n` items, in pixels."""
    height = area.bottom - area.top
    size = _FLAT_SIZE / np.sqrt(n) if flat else _SOLID_SIZE / np.cbrt(n)
    return float(min(_LARGEST, max(2.0, height * size)))


class CloudPainter:
    """Draws the items of a data set."""

    def __init__(self, items: ItemSet, area: Area, *, flat: bool) -> None:
        """Choose size and kind of the points.

        Args:
            items: The items.
            area: Part of the picture in which the cloud is drawn.
            flat: Whether the latent space has two dimensions.
        """
        self.size = point_size(len(items), area, flat=flat)
        """Size of a point at the middle of the cloud, in pixels."""
        pictures = None
        if self.size >= _SMALLEST_PICTURE and len(items) <= _MOST_PICTURES:
            pictures = small_pictures(items)
        self.pictures = pictures
        """Small pictures of the items, (N, S, S) or (N, S, S, 3). None: the items are discs."""
        self._sprites: dict[tuple[int, int], Image.Image] = {}

    def paint(
        self,
        canvas: Image.Image,
        projected: Projected,
        colours: npt.NDArray[np.uint8],
        rings: npt.NDArray[np.int64] | None = None,
    ) -> None:
        """Draw all items on `canvas`, which has SUPERSAMPLING times the size of the picture.

        Args:
            canvas: The picture, in RGB.
            projected: Places of the items.
            colours: Colour per item, uint8 (N, 3).
            rings: Items to mark with a white ring.
        """
        order = np.argsort(-projected.depth, kind="stable")
        middle = max(float(np.median(projected.scale)), 1e-12)
        sizes = self.size * SUPERSAMPLING * projected.scale / middle
        # Sizes are rounded to even numbers of pixels. Few distinct sizes then have to be kept, and
        # the middle of a point is between two pixels.
        halves = np.clip(np.round(sizes / 2), 1, SUPERSAMPLING * _LARGEST).astype(np.int64)
        corners = np.round(projected.pixels * SUPERSAMPLING).astype(np.int64) - halves[:, None]
        shades = _in_fog(colours, projected.depth)
        ringed = frozenset(() if rings is None else rings.tolist())
        draw = ImageDraw.Draw(canvas)
        for item, (x, y), half, shade in zip(
            order.tolist(),
            corners[order].tolist(),
            halves[order].tolist(),
            map(tuple, shades[order].tolist()),
            strict=True,
        ):
            side = 2 * half
            if self.pictures is None:
                canvas.paste(shade, (x, y), _disc(half))
            elif self.pictures.ndim == 3:
                canvas.paste(shade, (x, y), self._ink(item, half))
            else:
                frame = max(1, half // 8)
                canvas.paste(shade, (x - frame, y - frame, x + side + frame, y + side + frame))
                canvas.paste(self._picture(item, half), (x, y))
            if item in ringed:
                around = _RING_DISTANCE * SUPERSAMPLING
                draw.ellipse(
                    (x - around, y - around, x + side + around, y + side + around),
                    outline=_RING,
                    width=SUPERSAMPLING,
                )

    def _ink(self, item: int, half: int) -> Image.Image:
        """Return the opacity of a grey picture, 2 * half pixels wide and high."""
        kept = self._sprites.get((item, half))
        if kept is None:
            low, high = _INK
            t = np.clip((np.asarray(self._resized(item, half)) / 255 - low) / (high - low), 0, 1)
            kept = Image.fromarray((255 * t * t * (3 - 2 * t)).astype(np.uint8))
            self._sprites[item, half] = kept
        return kept

    def _picture(self, item: int, half: int) -> Image.Image:
        """Return a colour picture, 2 * half pixels wide and high."""
        kept = self._sprites.get((item, half))
        if kept is None:
            kept = self._sprites[item, half] = self._resized(item, half)
        return kept

    def _resized(self, item: int, half: int) -> Image.Image:
        assert self.pictures is not None
        return Image.fromarray(self.pictures[item]).resize((2 * half, 2 * half))


def _in_fog(
    colours: npt.NDArray[np.uint8], depth: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    """Return the colours (N, 3) mixed with the background.

    The share of the background grows with the distance of the item from the camera.
    """
    near, far = np.percentile(depth, [2, 98])
    share = _FOG * np.clip((depth - near) / max(far - near, 1e-9), 0, 1)[:, None]
    return (colours * (1 - share) + np.array(GROUND) * share).astype(np.uint8)


@cache
def _disc(half: int) -> Image.Image:
    """Return the opacity of a disc with a smooth edge, 2 * half pixels wide and high."""
    at = np.arange(2 * half) + 0.5 - half
    distance = np.hypot(at[:, None], at[None, :])
    return Image.fromarray((255 * np.clip(half - distance + 0.5, 0, 1)).astype(np.uint8))
