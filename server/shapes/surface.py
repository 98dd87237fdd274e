"""Points on the surface of a shape, evenly distributed."""

import numpy as np

from lodespace.shapes.shape import Points, Shape


def surface_points(shape: Shape, count: int, seed: int = 0) -> Points:
    """Return `count` random points of the surface, (count, 3).

    Each part of a mesh gets points in proportion to its area. For a point cloud, points are drawn
    from the cloud. The same shape always gets the same points.
    """
    random = np.random.default_rng(seed)
    if not shape.is_mesh:
        return shape.points[random.integers(0, len(shape.points), count)]
    corners = shape.points[shape.triangles]
    sides = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.linalg.norm(np.cross(*sides), axis=1)
    total = np.cumsum(area)
    if not total[-1] > 0:
        # All triangles are lines or points, so that only the vertices have a place.
        return shape.points[random.integers(0, len(shape.points), count)]
    # One random number per equal part of the area: fewer gaps than with independent numbers.
    at = (np.arange(count) + random.random(count)) / count * total[-1]
    chosen = np.minimum(np.searchsorted(total, at, side="right"), len(area) - 1)
    first, second = random.random((2, count, 1))
    outside = first + second > 1
    first, second = np.where(outside, 1 - first, first), np.where(outside, 1 - second, second)
    return corners[chosen, 0] + first * sides[0][chosen] + second * sides[1][chosen]
