"""Shapes in the files of a project."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from lodespace.errors import RequestError
from lodespace.items import table as item_table
from lodespace.items.errors import ItemError
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import open_inside, shown, suffix_of
from lodespace.shapes.rasteriser import picture_of
from lodespace.shapes.shape import Shape, read_shape
from lodespace.shapes.simplified import simplified

MAX_SHAPE_BYTES = 1 << 28
"""Largest file of a shape, in bytes. A text file with a million triangles has 0.1 GB."""

CARD_SIDE = 256
"""Width and height of the picture on a card, in pixels."""


def open_shape(root: Path, path: bytes) -> Shape:
    """Return the shape in the file at `path` below `root`. Raises ItemError."""
    with open_inside(root, path, MAX_SHAPE_BYTES) as file:
        # trimesh looks at the name of a file, which is a number here.
        return read_shape(io.BytesIO(file.read()), suffix_of(path))


def are_shapes(items: ItemSet) -> bool:
    """Whether the items are meshes or point clouds."""
    return items.details.get("shapes") is True


def shape_of(items: ItemSet, item: int) -> Shape:
    """Return the shape of an item, simplified for a page.

    Raises RequestError if the items are not shapes, or if the file cannot be read.
    """
    if not are_shapes(items) or items.table is None:
        raise RequestError("these items are not shapes", code="no_shape", status=404)
    path = items.table.value(item_table.PATH, item)
    if items.root is None or path is None:
        raise RequestError(
            "the server may not read the files of the shapes, because this project was made or "
            "copied elsewhere. To permit it, give the folder of the files with --root to "
            "`lodespace serve`",
            code="no_original",
            status=404,
        )
    try:
        return simplified(open_shape(items.root, path))
    except (ItemError, OSError) as error:
        raise RequestError(
            f"the file {shown(path)} is no longer in {items.root}, or cannot be read ({error})",
            code="no_original",
            status=404,
        ) from error


def packed(shape: Shape) -> bytes:
    """Return a shape for the wire.

    The bytes are the number of points (uint32) and of triangles (uint32), the points (float32,
    three numbers each), and the corners of the triangles (uint32, three each); little-endian.
    """
    counts = np.array([len(shape.points), len(shape.triangles)], "<u4")
    return b"".join(
        (
            counts.tobytes(),
            shape.points.astype("<f4").tobytes(),
            shape.triangles.astype("<u4").tobytes(),
        )
    )


def picture_png(items: ItemSet, item: int) -> bytes:
    """Return a picture of an item that is a shape, as PNG.

    It is drawn from the shape if the file can be read, or else the stored picture.
    """
    try:
        picture = picture_of(shape_of(items, item), CARD_SIDE)
    except RequestError:
        picture = np.asarray(items.data[item])
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()
