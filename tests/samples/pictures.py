"""Pictures and sounds that tests write to disk."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from lodespace.importing.report import ImportReport
from lodespace.items.item_set import ItemSet

Import = Callable[..., tuple[ItemSet, ImportReport]]


def draw(seed: int, size: tuple[int, int] = (40, 40), mode: str = "L") -> Image.Image:
    """Draw a picture of `size` (width, height). Different seeds give different pictures."""
    rng = np.random.default_rng(seed)
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    coarse = rng.integers(0, 256, (5, 5, *channels), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.NEAREST)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def reasons(report: ImportReport) -> dict[str, str]:
    """Return the reason why each item was left out, by the name of the item."""
    return {bad.name: bad.reason for bad in report.bad}
