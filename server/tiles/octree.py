"""The additive octree: each point is in exactly one tile, and a tile's children add points to it.

Each point has a random priority. For each cell, the points that are not in a tile of a larger cell
are sorted by priority. The first of them become the tile of the cell. The tiles from the root down
to any level therefore show a uniform sample.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lodespace.tiles import morton
from lodespace.tiles.partition import Part, Partition, Records

TILE_POINTS = 8192
"""Number of points of a tile with children."""
LEAF_TILES = 2
"""A cell with at most this number times TILE_POINTS points is not divided."""
_Priorities = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Tile:
    """A tile and its points."""

    number: int
    """Number of the tile in preorder: a tile comes before all tiles below it, and these come before
    the next tile of its level. Tiles of one level are in the order of the Morton curve."""
    parent: int
    """Number of the parent; -1 for the root."""
    level: int
    """Level of the tile's cell: the edge of the cell is that of the box divided by 2**level."""
    points: Records
    """Points of the tile (K,), in the order of the Morton curve."""


def tiles(partition: Partition, seed: int, size: int = TILE_POINTS) -> Iterator[Tile]:
    """Yield all tiles in the order of their numbers. The points of one part are in memory.

    The tiles do not depend on how the points are divided into parts, if each part may have at
    least 9 * `size` points.

    Args:
        partition: The points.
        seed: Seed of the priorities.
        size: Number of points of a tile with children.
    """
    yield from _Octree(partition, seed, size).walk()


class _Octree:
    """The octree: the tiles above the parts, which stay in memory, and the tiles of the parts.

    `number` is the number of the next tile.
    """

    def __init__(self, partition: Partition, seed: int, size: int) -> None:
        self.partition, self.seed, self.size = partition, seed, size
        self.parts = {(part.level, part.cell): part for part in partition.parts}
        self.above: dict[tuple[int, int], Records] = {}
        """Points of the tiles above the parts, by level and cell."""
        self.taken = np.zeros(partition.count, np.bool_)
        """Which points (by row) belong to a tile above the parts."""
        self.number = 0
        if (0, 0) not in self.parts:
            self._take(0, 0, self._candidates())

    def walk(self) -> Iterator[Tile]:
        yield from self._cell(0, 0, -1)

    def _candidates(self) -> Records:
        """Return the points that tiles above the parts may need, in the order of the Morton curve.

        A part at level b has b tiles above it. Each takes at most `size` points, always those with
        the lowest priorities, so the b * size points with the lowest priorities are enough.
        """
        chosen: list[Records] = []
        for part in self.partition.parts:
            points = self.partition.read(part)
            chosen.append(points[_lowest(self._priority(points), part.level * self.size)])
        return np.concatenate(chosen)

    def _take(self, level: int, cell: int, candidates: Records) -> None:
        """Choose the points of a cell's tile, then of the tiles below it, down to the parts."""
        if (level, cell) in self.parts or len(candidates) == 0:
            return
        taken = _lowest(self._priority(candidates), self.size)
        self.above[level, cell] = _sorted(candidates[taken])
        self.taken[candidates["row"][taken]] = True
        rest = candidates[~taken]
        within = morton.cells(rest["code"], level + 1)
        for child in range(8 * cell, 8 * cell + 8):
            self._take(level + 1, child, rest[within == child])

    def _cell(self, level: int, cell: int, parent: int) -> Iterator[Tile]:
        """Yield the tile of a cell, and all tiles below it."""
        part = self.parts.get((level, cell))
        if part is not None:
            yield from self._part(part, parent)
        elif (level, cell) in self.above:
            number = self._numbered()
            yield Tile(number, parent, level, self.above.pop((level, cell)))
            for child in range(8 * cell, 8 * cell + 8):
                yield from self._cell(level + 1, child, number)

    def _part(self, part: Part, parent: int) -> Iterator[Tile]:
        points = self.partition.read(part)
        points = _sorted(points[~self.taken[points["row"]]])
        yield from self._below(part.level, points, self._priority(points), parent)

    def _below(
        self, level: int, points: Records, priority: _Priorities, parent: int
    ) -> Iterator[Tile]:
        """Yield the tiles of a cell with `points` (K,), which are in the order of the Morton curve.

        `priority` (K,) has the priorities of the points.
        """
        if len(points) == 0:
            return
        number = self._numbered()
        if len(points) <= LEAF_TILES * self.size:
            yield Tile(number, parent, level, points)
            return
        taken = _lowest(priority, self.size)
        yield Tile(number, parent, level, points[taken])
        points, priority = points[~taken], priority[~taken]
        if level == morton.BITS:
            # All points are in the same place, so they are divided by number.
            for first in range(0, len(points), self.size):
                yield Tile(self._numbered(), number, level, points[first : first + self.size])
            return
        octants = (morton.cells(points["code"], level + 1) & np.uint64(7)).astype(np.int64)
        bounds = np.searchsorted(octants, np.arange(9))
        for begin, end in pairwise(bounds):
            yield from self._below(level + 1, points[begin:end], priority[begin:end], number)

    def _numbered(self) -> int:
        self.number += 1
        return self.number - 1

    def _priority(self, points: Records) -> _Priorities:
        return morton.priorities(points["row"], self.seed)


def _lowest(priority: _Priorities, count: int) -> npt.NDArray[np.bool_]:
    """Return which points (K,) have the `count` lowest priorities."""
    lowest = np.ones(len(priority), np.bool_)
    if len(priority) > count:
        lowest[np.argpartition(priority, count)[count:]] = False
    return lowest


def _sorted(points: Records) -> Records:
    """Return `points` sorted along the Morton curve. Points at the same place are sorted by row."""
    return points[np.lexsort((points["row"], points["code"]))]
