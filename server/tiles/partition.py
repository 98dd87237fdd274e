"""Division of the points into parts that fit into memory: cells of an octree, in one file.

The points stay on disk. In memory are a block of points, the number of points per cell of a fine
level, and one part at a time.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.tiles import morton
from lodespace.tiles.points import BLOCK, StoredPoints, on_grid, read

COUNTED_LEVEL = 7
"""Level of the octree whose cells are counted: 128 cells per axis, 2 million in all. A part is at
most as fine as such a cell."""
PART_POINTS = 1_000_000
"""Largest number of points of a part. A part that is one cell of COUNTED_LEVEL may have more."""
RECORD = np.dtype(
    [
        ("code", "<u8"),
        ("row", "<u4"),
        ("label", "<i2"),
        ("prediction", "<i2"),
        ("confidence", "u1"),
    ]
)
"""A point of a part, in 17 bytes: Morton code, row in the source, classes."""
Records = npt.NDArray[np.void]


@dataclass(frozen=True)
class Part:
    """A cell of the octree that fits into memory, and the place of its points in the file."""

    level: int
    """Level of the cell; 0 is the whole box."""
    cell: int
    """Number of the cell in its level, along the Morton curve."""
    first: int
    """Number of points in the file before those of this part."""
    count: int
    """Number of points."""


class Partition:
    """The points of a scene in parts, in a temporary file."""

    def __init__(self, path: Path, parts: list[Part], count: int) -> None:
        self.path = path
        self.parts = parts
        """All parts with points, along the Morton curve."""
        self.count = count
        """Number of points of all parts."""

    def read(self, part: Part) -> Records:
        """Return the points of a part, in the order of their rows."""
        return np.fromfile(self.path, RECORD, part.count, offset=part.first * RECORD.itemsize)


def partition(points: StoredPoints, path: Path, most: int = PART_POINTS) -> Partition:
    """Write the points into the file `path`, part by part.

    Args:
        points: The points, in the order of the rows of the source.
        path: The file to write.
        most: Largest number of points of a part.

    Raises:
        OSError: A file cannot be read or written.
    """
    counts = np.zeros(8**COUNTED_LEVEL, np.int64)
    for first in range(0, points.count, BLOCK):
        at = morton.cells(_codes(points, first), COUNTED_LEVEL)
        np.add.at(counts, at, 1)
    parts = _parts(counts, most)
    part_of_cell = np.zeros(len(counts), np.int32)
    for number, part in enumerate(parts):
        shift = 3 * (COUNTED_LEVEL - part.level)
        part_of_cell[part.cell << shift : (part.cell + 1) << shift] = number
    free = np.array([part.first for part in parts], np.int64)
    with path.open("wb") as file:
        for first in range(0, points.count, BLOCK):
            records = _records(points, first)
            of = part_of_cell[morton.cells(records["code"], COUNTED_LEVEL)]
            order = np.argsort(of, kind="stable")
            numbers, starts = np.unique(of[order], return_index=True)
            for number, rows in zip(numbers, np.split(order, starts[1:]), strict=True):
                file.seek(int(free[number]) * RECORD.itemsize)
                file.write(records[rows].tobytes())
                free[number] += len(rows)
    return Partition(path, parts, points.count)


def _parts(counts: npt.NDArray[np.int64], most: int) -> list[Part]:
    """Return the coarsest cells that have at most `most` points each, along the Morton curve."""
    sums = [counts.reshape(8**level, -1).sum(axis=1) for level in range(COUNTED_LEVEL + 1)]
    parts: list[Part] = []
    waiting = [(0, 0)]
    first = 0
    while waiting:
        level, cell = waiting.pop()
        count = int(sums[level][cell])
        if count > most and level < COUNTED_LEVEL:
            waiting += [(level + 1, 8 * cell + child) for child in reversed(range(8))]
        elif count:
            parts.append(Part(level, cell, first, count))
            first += count
    return parts


def _codes(points: StoredPoints, first: int) -> morton.Codes:
    return _records(points, first)["code"]


def _records(points: StoredPoints, first: int) -> Records:
    """Return a block of the points, from row `first` on."""
    stored = read(points.path, first, BLOCK)
    records = np.empty(len(stored), RECORD)
    records["code"] = morton.codes(on_grid(stored["at"], points.box(), points.dimensions))
    records["row"] = np.arange(first, first + len(stored), dtype=np.uint32)
    for name in ("label", "prediction", "confidence"):
        records[name] = stored[name]
    return records
