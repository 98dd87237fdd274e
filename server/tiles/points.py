"""The points of a scene in tiles: a stream of blocks, which is stored in a temporary file."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.protocol import MAX_CLASSES, UNLABELED
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.glb import Box
from lodespace.scene.latent_grid import MIDDLE

BLOCK = 1 << 18
"""Number of points that are read at a time from the temporary file."""
_ROOM = 1.001
"""Edge length of the box relative to the largest extent of the points."""
_SMALLEST_BOX = 1e-6
"""Smallest edge length of the box, in latent units, for points that are all in one place."""
STORED = np.dtype(
    [("at", "<f4", (3,)), ("label", "<i2"), ("prediction", "<i2"), ("confidence", "u1")]
)
"""A point in the temporary file, in 17 bytes."""


@dataclass(frozen=True)
class PointBlock:
    """K consecutive points of a stream, in the order of the source's rows."""

    positions: npt.NDArray[np.floating]
    """Positions (K, D), D = 2 or 3, in latent units."""
    labels: npt.NDArray[np.integer] | None = None
    """Class per point (K,), UNLABELED without a label; None if no point has a label."""
    predictions: npt.NDArray[np.integer] | None = None
    """Predicted class per point (K,); None without predictions."""
    confidence: npt.NDArray[np.uint8] | None = None
    """Probability of the predicted class (K,), 255 stands for 1; None without predictions."""


@dataclass(frozen=True)
class StoredPoints:
    """N points in a temporary file, with their extent."""

    path: Path
    """The file: an array of the type STORED."""
    count: int
    """Number of points."""
    dimensions: int
    """Number of coordinates that the source has, 2 or 3."""
    low: npt.NDArray[np.float64]
    """Smallest coordinates (3,), in latent units."""
    high: npt.NDArray[np.float64]
    """Largest coordinates (3,), in latent units."""
    spread: float
    """Root mean square distance of the points from their mean, in latent units."""
    has_predictions: bool
    """Whether any point has a prediction."""

    def box(self) -> Box:
        """Return the cube that the grid divides."""
        middle = (self.low + self.high) / 2
        size = max(float((self.high - self.low).max()) * _ROOM, _SMALLEST_BOX)
        x, y, z = (float(value) for value in middle - size / 2)
        return Box((x, y, z), size)


def store(blocks: Iterable[PointBlock], path: Path) -> StoredPoints:
    """Write a stream of points into the file `path`.

    Raises:
        DatasetError: There are no points, or a position or class cannot be used.
        OSError: The file cannot be written.
    """
    count, dimensions, has_predictions = 0, 2, False
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    total, squares = np.zeros(3), np.zeros(3)
    with path.open("wb") as file:
        for block in blocks:
            stored = _stored(block, count)
            dimensions = max(dimensions, block.positions.shape[1])
            has_predictions |= block.predictions is not None
            if len(stored):
                at = stored["at"].astype(np.float64)
                low, high = np.minimum(low, at.min(axis=0)), np.maximum(high, at.max(axis=0))
                total += at.sum(axis=0)
                squares += np.square(at).sum(axis=0)
            count += len(stored)
            file.write(stored.tobytes())
    if count == 0:
        raise DatasetError("the data have no points")
    variance = np.maximum(squares / count - np.square(total / count), 0)
    return StoredPoints(
        path, count, dimensions, low, high, float(np.sqrt(variance.sum())), has_predictions
    )


def read(path: Path, first: int, count: int) -> npt.NDArray[np.void]:
    """Return `count` points of the temporary file, from point `first` on, of the type STORED."""
    return np.fromfile(path, STORED, count, offset=first * STORED.itemsize)


def on_grid(
    positions: npt.NDArray[np.floating], box: Box, dimensions: int
) -> npt.NDArray[np.uint16]:
    """Return grid positions, uint16 (K, 3), of positions (K, 3) in latent units.

    Points with 2 dimensions are in the middle plane.
    """
    steps = (positions.astype(np.float64) - np.asarray(box.origin)) / box.size * (GRID_STEPS - 1)
    grid = np.clip(np.rint(steps), 0, GRID_STEPS - 1).astype(np.uint16)
    grid[:, dimensions:] = MIDDLE
    return grid


def _stored(block: PointBlock, first: int) -> npt.NDArray[np.void]:
    """Return a block of points in the form of the file, after checks of its values."""
    n, d = block.positions.shape
    if d not in (2, 3):
        raise DatasetError(f"points have 2 or 3 coordinates, not {d}")
    stored = np.zeros(n, STORED)
    stored["at"][:, :d] = block.positions
    finite = np.isfinite(stored["at"]).all(axis=1)
    if not finite.all():
        row = first + int(np.argmin(finite))
        raise DatasetError(
            f"row {row:,} has no position: a coordinate is missing or not finite. Remove the row,"
            " or give columns that have a number in each row"
        )
    for name, values in (("label", block.labels), ("prediction", block.predictions)):
        stored[name] = UNLABELED
        if values is None:
            continue
        if n and not UNLABELED <= int(values.min()) <= int(values.max()) < MAX_CLASSES:
            raise DatasetError(f"classes are numbers from {UNLABELED} to {MAX_CLASSES - 1}")
        stored[name] = values
    if block.confidence is not None:
        stored["confidence"] = block.confidence
    return stored
