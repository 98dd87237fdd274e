"""Pictures of the items: atlas pages for the cloud, single ones for the card. Made once, kept in the project's thumbnails/ folder."""

import hashlib
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.files import atomic_write
from lodespace.items import originals
from lodespace.items.colormap import coloured
from lodespace.items.item_set import ItemSet
from lodespace.protocol import Thumbnails

PAGE_SIZE = 2048
CELL = 32
BORDER = 2
"""Pixels round a picture in its cell: no neighbour bleeds in when the texture is filtered."""
PICTURE = CELL - 2 * BORDER
COLUMNS = PAGE_SIZE // CELL
PER_PAGE = COLUMNS * COLUMNS
CARD_SIZE = 512
_VERSION = 1
_PNG_BEGIN, _PNG_END = b"\x89PNG", b"IEND\xaeB`\x82"


def describe(items: ItemSet) -> Thumbnails | None:
    """The layout of the atlas; None for items that are no pictures."""
    if items.pictures is None:
        return None
    return Thumbnails(
        pages=-(-len(items) // PER_PAGE),
        page_size=PAGE_SIZE,
        columns=COLUMNS,
        cell=CELL,
        picture=PICTURE,
        channels=3 if items.pictures.ndim == 4 or items.kind == "sound" else 1,
    )


def page_tag(items: ItemSet, page: int) -> str:
    """A name for the content of atlas page `page` (from 0): the same pictures, the same name. Raises IndexError when there is none."""
    pictures = _pictures(items, page)
    digest = hashlib.sha256(f"{_VERSION} {pictures.shape}".encode())
    digest.update(np.ascontiguousarray(pictures).data)
    return digest.hexdigest()[:16]


def page_png(items: ItemSet, page: int, cache: Path, *, write: bool = True) -> bytes:
    """Atlas page `page` (from 0) as PNG, from `cache`, or made (and put there, with `write`). Raises IndexError when there is none."""
    path = cache / f"page-{page:04d}-{page_tag(items, page)}.png"
    if path.is_file():
        kept = path.read_bytes()
        if kept.startswith(_PNG_BEGIN) and kept.endswith(
            _PNG_END
        ):  # else a power cut left half of it
            return kept
    png = _png(_draw_page(_pictures(items, page)))
    if not write:
        return png
    try:
        cache.mkdir(parents=True, exist_ok=True)
        atomic_write(path, png, sync=False)
    except OSError:
        pass  # a cache that cannot be written costs time, nothing else
    return png


def draw_page(items: ItemSet, page: int) -> Image.Image:
    """Atlas page `page` (from 0). Raises IndexError when there is none."""
    return Image.fromarray(_draw_page(_pictures(items, page)))


def _pictures(items: ItemSet, page: int) -> npt.NDArray[np.uint8]:
    layout = describe(items)
    if layout is None or items.pictures is None or not 0 <= page < layout.pages:
        raise IndexError(page)
    pictures = items.pictures[page * PER_PAGE : (page + 1) * PER_PAGE]
    return coloured(pictures) if items.kind == "sound" else pictures


def picture_png(items: ItemSet, item: int) -> bytes:
    """One picture as PNG: the original if it still is where it was, else as it is kept; at most CARD_SIZE wide or high.

    Raises RequestError.
    """
    return _png(np.asarray(originals.picture(items, item, CARD_SIZE)))


def _draw_page(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    small = _scaled(pictures)
    n, channels = len(small), small.shape[3:]
    cells = np.zeros((PER_PAGE, CELL, CELL, *channels), np.uint8)
    cells[:n, BORDER:-BORDER, BORDER:-BORDER] = small
    grid = cells.reshape(COLUMNS, COLUMNS, CELL, CELL, *channels)
    return np.ascontiguousarray(grid.swapaxes(1, 2)).reshape(PAGE_SIZE, PAGE_SIZE, *channels)


def _scaled(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Pictures fitted into PICTURE x PICTURE, their proportions kept. (n, PICTURE, PICTURE[, 3])."""
    height, width = pictures.shape[1:3]
    if (height, width) == (PICTURE, PICTURE):
        return pictures
    scale = PICTURE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    out = np.zeros((len(pictures), PICTURE, PICTURE, *pictures.shape[3:]), np.uint8)
    top, left = (PICTURE - size[1]) // 2, (PICTURE - size[0]) // 2
    for i, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
        out[i, top : top + size[1], left : left + size[0]] = np.asarray(small)
    return out


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
