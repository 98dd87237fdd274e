"""Simplification of a shape to a size that a browser loads and draws quickly."""

import numpy as np

from lodespace.shapes.shape import Shape, on_surface

MOST_TRIANGLES = 20_000
"""Largest number of triangles that are sent to a page."""
MOST_POINTS = 40_000
"""Largest number of points of a cloud that are sent to a page. A mesh may have this many points and
triangles together, because both take 12 bytes."""
_COUNTS, _EACH = 8, 12
"""Bytes of the numbers of points and triangles on the wire, and of each point and triangle."""
MOST_BYTES = _COUNTS + _EACH * MOST_POINTS
"""Largest size of a shape on the wire, in bytes."""
_FINEST = 200
"""Number of grid cells along an axis that is never reached: such a grid has too many triangles."""
_ENOUGH = 0.8
"""Share of a limit at which the search for the finest grid ends."""


def wire_size(shape: Shape) -> int:
    """Return the size of a shape on the wire (`packed`), in bytes."""
    return _COUNTS + _EACH * (len(shape.points) + len(shape.triangles))


def simplified(shape: Shape, most_bytes: int = MOST_BYTES) -> Shape:
    """Return a shape with at most `most_bytes` on the wire, and at most MOST_TRIANGLES triangles.

    Points of a cloud are left out at random. Of a mesh, vertices at the same place become one
    vertex if it is too large. If it is still too large, vertices in the same cell of a grid become
    one vertex, their mean. The grid is as fine as the limits allow.
    """
    if not shape.is_mesh:
        most_points = max(0, most_bytes - _COUNTS) // _EACH
        if len(shape.points) <= most_points:
            return shape
        chosen = np.random.default_rng(0).choice(len(shape.points), most_points, replace=False)
        return Shape(shape.points[np.sort(chosen)], shape.triangles)
    if _excess(shape, most_bytes) <= 1:
        return shape
    if len(shape.triangles) <= MOST_TRIANGLES:
        joined = _joined(shape)
        if _excess(joined, most_bytes) <= 1:
            return joined
    coarse, fine = 1, _FINEST
    found = Shape(shape.points[:0], shape.triangles[:0])
    while coarse + 1 < fine and _excess(found, most_bytes) < _ENOUGH:
        cells = (coarse + fine) // 2
        tried = _clustered(shape, cells)
        if _excess(tried, most_bytes) > 1:
            fine = cells
        else:
            coarse, found = cells, tried
    return found


def _excess(shape: Shape, most_bytes: int) -> float:
    """Return the size of a mesh, as a multiple of the limit that it is closest to."""
    return max(len(shape.triangles) / MOST_TRIANGLES, wire_size(shape) / most_bytes)


def _joined(shape: Shape) -> Shape:
    """Join the vertices at the same place. The files of some formats repeat them per triangle."""
    points, number = np.unique(shape.points, axis=0, return_inverse=True)
    return Shape(points, number.reshape(-1)[shape.triangles])


def _clustered(shape: Shape, cells: int) -> Shape:
    """Join the vertices in each cell of a grid with `cells` cells along an axis."""
    grid = ((shape.points + 1) * (cells / 2)).astype(np.int64).clip(0, cells - 1)
    cell = (grid[:, 0] * cells + grid[:, 1]) * cells + grid[:, 2]
    counts = np.bincount(cell, minlength=cells**3)
    filled = counts > 0
    number = (np.cumsum(filled) - 1)[cell]
    each = counts[filled]
    points = np.stack(
        [np.bincount(number, shape.points[:, axis], len(each)) / each for axis in range(3)], axis=1
    )
    triangles = number[shape.triangles]
    apart = (triangles != triangles[:, [1, 2, 0]]).all(axis=1)
    # A triangle may be there several times, with its corners in another order.
    kept = triangles[apart]
    corners = np.sort(kept, axis=1)
    _, once = np.unique(
        (corners[:, 0] * len(each) + corners[:, 1]) * len(each) + corners[:, 2], return_index=True
    )
    # Most vertices of small separate triangles, such as leaves, are then in no triangle.
    return Shape(*on_surface(points, kept[np.sort(once)]))
