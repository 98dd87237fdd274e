"""Atlas pages of the tiles: small pictures of the items of one tile, in the order of the items.

A page has the layout of the pages of a scene without tiles (items/thumbnails.py), so that a client
draws both in the same way. But a page of a tile ends after its last row of pictures.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lodespace.items import thumbnails
from lodespace.protocol import TilePictures

Pixels = npt.NDArray[np.uint8]


class ItemPictures:
    """Pictures of N items, by row of the source."""

    def __init__(self, pictures: Pixels) -> None:
        """`pictures` is (N, H, W) or (N, H, W, 3); the array may be mapped from a file."""
        self._pictures = pictures

    def layout(self) -> TilePictures:
        """Return the layout of the pages."""
        return TilePictures(
            page_size=thumbnails.PAGE_SIZE,
            columns=thumbnails.COLUMNS,
            per_page=thumbnails.PER_PAGE,
            cell=thumbnails.CELL,
            picture=thumbnails.PICTURE,
            channels=3 if self._pictures.ndim == 4 else 1,
        )

    def pages(self, rows: npt.NDArray[np.integer]) -> Iterator[bytes]:
        """Yield the pages with the pictures of `rows` (K,), as WebP without loss."""
        for first in range(0, len(rows), thumbnails.PER_PAGE):
            chosen = self._pictures[rows[first : first + thumbnails.PER_PAGE]]
            yield thumbnails.encode_page(chosen)
