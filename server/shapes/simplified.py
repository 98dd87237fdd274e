"""Simplification of a shape to a number of triangles that a browser draws quickly."""

import numpy as np

from lodespace.shapes.shape import Shape, on_surface

MOST_TRIANGLES = 20_000
"""Largest number of triangles that are sent to a page."""
MOST_POINTS = 40_000
"""Largest number of points of a cloud that are sent to a page."""
_FINEST = 200
"""Number of grid cells along an axis that is never reached: such a grid has too many triangles."""
_ENOUGH = 0.8
"""Share of the limit at which the search for the finest grid ends."""


def simplified(shape: Shape, share: float = 1) -> Shape:
    """Return a shape with at most MOST_TRIANGLES triangles, or MOST_POINTS points.

    `share` multiplies both limits.

    Vertices in the same cell of a grid become one vertex, their mean. The grid is as fine as the
    limit allows. Points of a cloud are left out at random.
    """
    most_triangles, most_points = int(share * MOST_TRIANGLES), int(share * MOST_POINTS)
    if not shape.is_mesh:
        if len(shape.points) <= most_points:
            return shape
        chosen = np.random.default_rng(0).choice(len(shape.points), most_points, replace=False)
        return Shape(shape.points[np.sort(chosen)], shape.triangles)
    if len(shape.triangles) <= most_triangles:
        return shape
    coarse, fine = 1, _FINEST
    found = Shape(shape.points[:0], shape.triangles[:0])
    while coarse + 1 < fine and len(found.triangles) < _ENOUGH * most_triangles:
        cells = (coarse + fine) // 2
        tried = _clustered(shape, cells)
        if len(tried.triangles) > most_triangles:
            fine = cells
        else:
            coarse, found = cells, tried
    return found


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
