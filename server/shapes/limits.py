"""Limits of the size of a shape."""

from lodespace.items.errors import ItemError

MOST_TRIANGLES = 5_000_000
"""Largest number of triangles of a shape. A mesh with a million triangles takes 2 s to import."""
MOST_POINTS = 10_000_000
"""Largest number of points of a shape."""


def check_size(points: int, triangles: int) -> None:
    """Raise ItemError if a shape has too many points or triangles."""
    if triangles > MOST_TRIANGLES or points > MOST_POINTS:
        raise ItemError(
            f"the shape has {triangles:,} triangles and {points:,} points; at most "
            f"{MOST_TRIANGLES:,} and {MOST_POINTS:,} are read. Simplify the shape first"
        )
