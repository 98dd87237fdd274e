"""Meshes and point clouds (shapes) in the files of a project."""

import io
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from lodespace.errors import RequestError
from lodespace.items import originals
from lodespace.items import table as item_table
from lodespace.items.errors import ItemError
from lodespace.items.item_set import ItemSet
from lodespace.items.paths import inside, open_inside, shown, suffix_of
from lodespace.shapes.shape import Shape, read_shape
from lodespace.shapes.simplified import MOST_BYTES, simplified

MAX_SHAPE_BYTES = 1 << 28
"""Largest file of a shape, in bytes. A text file with a million triangles has 0.1 GB."""

_MOST_KEPT = 32
"""Number of simplified shapes that stay in memory. Each one has at most 0.5 MB."""
_KEPT: OrderedDict[Hashable, bytes] = OrderedDict()
_ONE_AT_A_TIME = Lock()
"""Held while a shape is read. A large shape takes seconds and more than 1 GB."""


def open_shape(root: Path, path: bytes) -> Shape:
    """Return the shape in the file at `path` below `root`. Raises ItemError."""
    with open_inside(root, path, MAX_SHAPE_BYTES) as file:
        # The file is copied into memory, because trimesh expects the name of a file to be a text,
        # and the name of this file is a number.
        return read_shape(io.BytesIO(file.read()), suffix_of(path))


def are_shapes(items: ItemSet) -> bool:
    """Whether the items are meshes or point clouds."""
    return items.details.get("shapes") is True


def shape_bytes(items: ItemSet, item: int, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the shape of an item for the wire (`packed`), simplified for a page.

    The result has at most `most_bytes`. Only one file is read at a time, and the last shapes stay
    in memory. Raises RequestError if the items are not meshes or point clouds, or if the file
    cannot be read.
    """
    if not are_shapes(items) or items.table is None:
        raise RequestError(
            "these items are not meshes or point clouds", code="no_shape", status=404
        )
    path = items.table.value(item_table.PATH, item)
    if path is None:
        return _stored_shape(items, item, most_bytes)
    if items.root is None:
        raise RequestError(
            "the server may not read the files of the shapes, because this project was made or "
            "copied elsewhere. To permit it, give the folder of the files with --root to "
            "`lodespace serve`",
            code="no_original",
            status=404,
        )
    root = items.root
    try:
        about = Path(os.fsdecode(inside(root, path))).stat()
        key = (root, path, about.st_size, about.st_mtime_ns)
        return _kept(key, most_bytes, lambda: open_shape(root, path))
    except (ItemError, OSError) as error:
        raise RequestError(
            f"the file {shown(path)} is no longer in {root}, or cannot be read ({error})",
            code="no_original",
            status=404,
        ) from error


def _stored_shape(items: ItemSet, item: int, most_bytes: int) -> bytes:
    """Return `shape_bytes` of an item whose file is stored in the project. Raises RequestError."""
    name = items.ids[item]
    content = originals.raw(items, item)
    if content is None:
        raise RequestError(
            f"the project has no copy of the file {name}; move the file into the folder of the "
            "project's files, and add it from there",
            code="no_original",
            status=404,
        )
    try:
        # The table of an item set is not changed later. Added items make a new one.
        return _kept(
            (items.originals, item, len(content)),
            most_bytes,
            lambda: read_shape(io.BytesIO(content), suffix_of(os.fsencode(name))),
        )
    except ItemError as error:
        raise RequestError(
            f"the stored file {name} cannot be read ({error})", code="no_original", status=404
        ) from error


def _kept(file: Hashable, most_bytes: int, read: Callable[[], Shape]) -> bytes:
    """Return the bytes of a shape, simplified, from memory or by `read`. Raises ItemError."""
    key = (file, most_bytes)
    with _ONE_AT_A_TIME:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
        made = _KEPT[key] = packed(simplified(read(), most_bytes))
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
        return made


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
    """Return the stored picture of an item that is a shape, as PNG.

    The page asks for it whenever the pointer is at an item. The file is therefore not read.
    """
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(items.data[item])).save(buffer, "PNG")
    return buffer.getvalue()
