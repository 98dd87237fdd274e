"""Writer of a scene in tiles, from a stream of points. The memory does not grow with the points."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lodespace.errors import DatasetError
from lodespace.protocol import ClassInfo, TilesInfo
from lodespace.tiles import morton
from lodespace.tiles.atlas import ItemPictures
from lodespace.tiles.octree import TILE_POINTS, Tile, tiles
from lodespace.tiles.partition import PART_POINTS, partition
from lodespace.tiles.points import PointBlock, StoredPoints, store
from lodespace.tiles.tile_glb import encode_tile
from lodespace.tiles.tileset import (
    FORMAT,
    PER_FOLDER,
    TILESET,
    TileTree,
    as_steps,
    encode_tileset,
    tile_path,
    tree,
)

ROWS = "rows.npy"
"""uint32 (N,): row of the source per item."""
ITEMS = "items.npy"
"""uint32 (N,): item per row of the source, the inverse of ROWS."""
LABELS = "labels.npy"
"""int16 (N,): class per item when the scene was made."""
_MOST_ITEMS = 1 << 31
ItemFile = Callable[[npt.NDArray[np.uint32]], bytes]
"""Function that returns the file with ids and columns of the given rows (K,)."""


@dataclass(frozen=True)
class TileScene:
    """Content of a scene in tiles, without its points."""

    dataset: str
    """Name of the data set."""
    classes: Sequence[ClassInfo]
    """All classes, in the order of their ids."""
    pictures: ItemPictures | None = None
    """Pictures of the items; None for items without pictures."""
    item_file: ItemFile | None = None
    """Function that makes the file with ids and columns of a tile; None for no such files."""


def build_tiles(
    blocks: Iterable[PointBlock],
    scene: TileScene,
    folder: Path,
    index: Path,
    *,
    seed: int = 0,
    tile_points: int = TILE_POINTS,
    part_points: int = PART_POINTS,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[TilesInfo, TileTree]:
    """Write a scene in tiles into the folders `folder` and `index`, which are created.

    The same points, seed and `tile_points` give the same bytes.

    Args:
        blocks: The points, in the order of the rows of the source. The stream is read once.
        scene: Classes, pictures and names.
        folder: Folder for tileset.json and the tiles. Temporary files are written beside it.
        index: Folder for the numbers of the items and their labels (ROWS, ITEMS, LABELS).
        seed: Seed of the random priorities.
        tile_points: Number of points of a tile with children.
        part_points: Largest number of points in memory; at least 9 times `tile_points`.
        progress: Called with the number of written items and the number of all items.

    Raises:
        DatasetError: There are no points, too many points, or a point without a position.
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True)
    index.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix=".tiles-", dir=folder.parent) as temporary:
        points = store(blocks, Path(temporary) / "points")
        if points.count >= _MOST_ITEMS:
            raise DatasetError(f"a scene has at most {_MOST_ITEMS:,} items, not {points.count:,}")
        parts = partition(points, Path(temporary) / "parts", max(part_points, 9 * tile_points))
        points.path.unlink()
        writer = _Writer(folder, index, scene, points)
        for tile in tiles(parts, seed, tile_points):
            writer.write(tile)
            if progress is not None:
                progress(writer.written, points.count)
    made = writer.close()
    box = points.box()
    info = TilesInfo(
        format=FORMAT,
        dataset=scene.dataset,
        items=points.count,
        tiles=len(made),
        levels=int(made.level.max()) + 1,
        tile_points=tile_points,
        latent_dim=3 if points.dimensions == 3 else 2,
        origin=box.origin,
        size=box.size,
        low=as_steps(made.low[0]),
        high=as_steps(made.high[0]),
        spread=points.spread,
        classes=list(scene.classes),
        predictions=points.has_predictions,
        pictures=None if scene.pictures is None else scene.pictures.layout(),
        item_files=scene.item_file is not None,
        seed=seed,
    )
    (folder / TILESET).write_bytes(encode_tileset(info, made))
    return info, made


class _Writer:
    """Writes the files of one tile after another, and the files of the index."""

    def __init__(self, folder: Path, index: Path, scene: TileScene, points: StoredPoints) -> None:
        self.folder, self.index, self.scene = folder, index, scene
        self.predictions = points.has_predictions
        self.written = 0
        """Number of items of the tiles that are written."""
        self.parent: list[int] = []
        self.level: list[int] = []
        self.count: list[int] = []
        self.low: list[npt.NDArray[np.integer]] = []
        self.high: list[npt.NDArray[np.integer]] = []
        self.rows = self._array(ROWS, np.uint32, points.count)
        self.items = self._array(ITEMS, np.uint32, points.count)
        self.labels = self._array(LABELS, np.int16, points.count)

    def _array(self, name: str, dtype: type, count: int) -> npt.NDArray[np.generic]:
        path = self.index / name
        return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(count,))

    def write(self, tile: Tile) -> None:
        points = tile.points
        if tile.number % PER_FOLDER == 0:
            (self.folder / tile_path(tile.number, "")).parent.mkdir()
        glb = encode_tile(
            points,
            self.scene.classes,
            tile=tile.number,
            first=self.written,
            predictions=self.predictions,
        )
        (self.folder / tile_path(tile.number, ".glb")).write_bytes(glb)
        rows = points["row"]
        if self.scene.pictures is not None:
            for page, encoded in enumerate(self.scene.pictures.pages(rows)):
                path = self.folder / tile_path(tile.number, f"-{page}.webp")
                path.write_bytes(encoded)
        if self.scene.item_file is not None:
            path = self.folder / tile_path(tile.number, ".json")
            path.write_bytes(self.scene.item_file(rows))
        grid = morton.positions(points["code"])
        self.parent.append(tile.parent)
        self.level.append(tile.level)
        self.count.append(len(points))
        self.low.append(grid.min(axis=0))
        self.high.append(grid.max(axis=0))
        own = slice(self.written, self.written + len(points))
        self.rows[own] = rows
        self.items[rows] = np.arange(own.start, own.stop, dtype=np.uint32)
        self.labels[own] = points["label"]
        self.written = own.stop

    def close(self) -> TileTree:
        """Write the arrays to disk, and return the tree of the tiles."""
        for array in (self.rows, self.items, self.labels):
            assert isinstance(array, np.memmap)
            array.flush()
        return tree(self.parent, self.level, self.count, self.low, self.high)
