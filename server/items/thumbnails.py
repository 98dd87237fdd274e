"""Pictures of the items: atlas pages for the cloud, and single pictures for the hover card.

An atlas page is drawn once and cached in the project's folder thumbnails/.
"""

import hashlib
import io
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from lodespace.files import atomic_write
from lodespace.items import originals
from lodespace.items.colormap import coloured
from lodespace.items.item_set import ItemSet
from lodespace.protocol import Thumbnails

PAGE_SIZE = 2048
"""Width and height of an atlas page, in pixels."""
CELL = 32
"""Width and height of an item's cell, in pixels."""
BORDER = 2
"""Empty pixels around a picture in its cell, so that texture filtering does not mix pictures."""
PICTURE = CELL - 2 * BORDER
"""Width and height of the picture in a cell, in pixels."""
COLUMNS = PAGE_SIZE // CELL
PER_PAGE = COLUMNS * COLUMNS
"""Number of items per atlas page."""
CARD_SIZE = 512
"""Largest width or height of a picture for the hover card, in pixels."""
_VERSION = 1
"""Version of the code that draws pages. A new version makes all cached pages invalid."""
PageKind = Literal["png", "webp"]
"""File format of an atlas page. Both are without loss. The page in the browser uses WebP, which is
smaller.
"""
_PNG_BEGIN, _PNG_END = b"\x89PNG", b"IEND\xaeB`\x82"


def describe(items: ItemSet) -> Thumbnails | None:
    """Return the layout of the atlas; None for items without pictures."""
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
    """Digest of the pictures of atlas page `page` (from 0).

    Raises IndexError if there is no such page.
    """
    pictures = _pictures(items, page)
    digest = hashlib.sha256(f"{_VERSION} {pictures.shape}".encode())
    digest.update(np.ascontiguousarray(pictures).data)
    return digest.hexdigest()[:16]


def page_file(
    items: ItemSet, page: int, kind: PageKind, cache: Path, *, write: bool = True
) -> bytes:
    """Atlas page `page` (from 0) as a file of `kind`, from the folder `cache` or newly drawn.

    With `write`, a drawn page is stored in the cache. Raises IndexError if there is no such page.
    """
    path = cache / f"page-{page:04d}-{page_tag(items, page)}.{kind}"
    if path.is_file():
        kept = path.read_bytes()
        # A power cut can truncate a page, because pages are written without sync.
        if _is_whole(kept, kind):
            return kept
    drawn = _draw_page(_pictures(items, page))
    encoded = _png(drawn) if kind == "png" else _webp(drawn)
    if not write:
        return encoded
    try:
        cache.mkdir(parents=True, exist_ok=True)
        atomic_write(path, encoded, sync=False)
    except OSError:
        pass  # if the cache fails, pages are drawn again each time
    return encoded


def _is_whole(kept: bytes, kind: PageKind) -> bool:
    """Whether the content `kept` of a cached page is complete, not cut off."""
    if kind == "png":
        return kept.startswith(_PNG_BEGIN) and kept.endswith(_PNG_END)
    return kept[:4] == b"RIFF" and int.from_bytes(kept[4:8], "little") == len(kept) - 8


def draw_page(items: ItemSet, page: int) -> Image.Image:
    """Draw atlas page `page` (from 0) without the cache.

    Raises IndexError if there is no such page.
    """
    return Image.fromarray(_draw_page(_pictures(items, page)))


def encode_page(pictures: npt.NDArray[np.uint8]) -> bytes:
    """Return at most PER_PAGE pictures (n, H, W) or (n, H, W, 3) as an atlas page, in WebP.

    The page ends after its last row of cells.
    """
    rows = -(-len(pictures) // COLUMNS)
    return _webp(np.ascontiguousarray(_draw_page(pictures)[: rows * CELL]))


def _pictures(items: ItemSet, page: int) -> npt.NDArray[np.uint8]:
    layout = describe(items)
    if layout is None or items.pictures is None or not 0 <= page < layout.pages:
        raise IndexError(page)
    pictures = items.pictures[page * PER_PAGE : (page + 1) * PER_PAGE]
    return coloured(pictures) if items.kind == "sound" else pictures


def small_pictures(items: ItemSet) -> npt.NDArray[np.uint8] | None:
    """Return the pictures of all items as in the atlas.

    Grey pictures are (N, PICTURE, PICTURE), colour pictures are (N, PICTURE, PICTURE, 3).
    Return None for items without pictures.
    """
    if items.pictures is None:
        return None
    return _scaled(coloured(items.pictures) if items.kind == "sound" else items.pictures)


def picture_png(items: ItemSet, item: int) -> bytes:
    """One picture as PNG, at most CARD_SIZE pixels wide and high.

    The picture is the original if the original can be read, or else the stored copy. Raises
    RequestError.
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
    """Return n pictures scaled to fit PICTURE x PICTURE pixels, with black borders where needed.

    The shape is (n, PICTURE, PICTURE) for grey and (n, PICTURE, PICTURE, 3) for colour pictures.
    Each picture keeps its proportions.
    """
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


def _webp(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return `pixels` as WebP without loss.

    WebP takes no longer than PNG and gives 12 % fewer bytes: 0.64 MB for a page of digits, 5.5 MB
    for a page of photographs. Method 0 gives more bytes than PNG for the digits. Methods above 1
    take twice the time and save 1 % more.
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=True, quality=0, method=1)
    return buffer.getvalue()
