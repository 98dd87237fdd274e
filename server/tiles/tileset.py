"""The tree of tiles, and its file tileset.json in the form of 3D Tiles 1.1 (docs/tiles.md)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from lodespace.errors import ProjectError
from lodespace.json_input import json_of
from lodespace.protocol import TileExtras, TilesInfo
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.glb import SCENE_METRES

FORMAT = 1
"""Version of the form that docs/tiles.md describes. A higher version is not read."""
TILESET = "tileset.json"
PER_FOLDER = 1000
"""Number of tiles per subfolder."""
ERROR_SHARE = 1 / 32
"""Geometric error of a tile, relative to the edge of its cell: about the distance between the
points of a tile. A viewer that allows an error of 16 pixels draws the children of a tile whose cell
is larger than 512 pixels."""
_DIGITS = 7
"""Decimal places of lengths, in metres; a step of the grid has 1.5e-5 m."""


@dataclass(frozen=True)
class TileTree:
    """The T tiles of a scene as arrays, in the order of their numbers (preorder)."""

    parent: npt.NDArray[np.int64]
    """Number of the parent per tile (T,); -1 for the root."""
    level: npt.NDArray[np.int64]
    """Level of the cell per tile (T,)."""
    first: npt.NDArray[np.int64]
    """Number of the first item per tile (T,)."""
    count: npt.NDArray[np.int64]
    """Number of items per tile (T,)."""
    low: npt.NDArray[np.int64]
    """Smallest grid position of the items of a tile and of all tiles below it (T, 3)."""
    high: npt.NDArray[np.int64]
    """Largest grid position of the items of a tile and of all tiles below it (T, 3)."""
    end: npt.NDArray[np.int64]
    """Number after the last item of a tile and of all tiles below it (T,). The items of a tile and
    of all tiles below it are `first` to `end` - 1."""
    after: npt.NDArray[np.int64]
    """Number after the last tile below a tile (T,): the tiles `k + 1` to `after[k]` - 1 are below
    tile k."""

    def __len__(self) -> int:
        return len(self.parent)

    def tile_of(self, items: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """Return the number of the tile of each item (K,)."""
        return np.searchsorted(self.first, items, side="right") - 1


def tree(
    parent: list[int],
    level: list[int],
    count: list[int],
    low: list[npt.NDArray[np.integer]],
    high: list[npt.NDArray[np.integer]],
) -> TileTree:
    """Return the tree of tiles with the given values per tile.

    `low` and `high` are the bounds (3,) of the items of each tile itself, in grid steps.
    """
    counts = np.array(count, np.int64)
    first = np.cumsum(counts) - counts
    lows, highs = np.array(low, np.int64), np.array(high, np.int64)
    end, after = first + counts, np.arange(1, len(count) + 1)
    for tile in range(len(parent) - 1, 0, -1):
        above = parent[tile]
        lows[above] = np.minimum(lows[above], lows[tile])
        highs[above] = np.maximum(highs[above], highs[tile])
        end[above] = max(end[above], end[tile])
        after[above] = max(after[above], after[tile])
    return TileTree(
        np.array(parent, np.int64),
        np.array(level, np.int64),
        first,
        counts,
        lows,
        highs,
        end,
        after,
    )


def as_steps(position: npt.NDArray[np.integer]) -> tuple[int, int, int]:
    """Return a grid position (3,) as a tuple."""
    x, y, z = (int(value) for value in position)
    return x, y, z


def tile_path(tile: int, suffix: str) -> str:
    """Return the path of a file of a tile, relative to tileset.json."""
    return f"{tile // PER_FOLDER}/{tile}{suffix}"


def encode_tileset(info: TilesInfo, tiles: TileTree) -> bytes:
    """Return the content of tileset.json."""
    encoded: list[dict[str, Any]] = []
    for tile in range(len(tiles)):
        is_leaf = tiles.after[tile] == tile + 1
        error = 0.0 if is_leaf else SCENE_METRES * ERROR_SHARE / 2 ** int(tiles.level[tile])
        one: dict[str, Any] = {
            "boundingVolume": {"box": _bounding_box(tiles.low[tile], tiles.high[tile])},
            "geometricError": error,
            "content": {"uri": tile_path(tile, ".glb")},
            "extras": TileExtras(
                tile=tile,
                level=int(tiles.level[tile]),
                first=int(tiles.first[tile]),
                count=int(tiles.count[tile]),
                end=int(tiles.end[tile]),
                low=as_steps(tiles.low[tile]),
                high=as_steps(tiles.high[tile]),
            ),
        }
        if tile == 0:
            one["refine"] = "ADD"
        else:
            encoded[int(tiles.parent[tile])].setdefault("children", []).append(one)
        encoded.append(one)
    document = {
        "asset": {"version": "1.1", "extras": {"generator": "Lodespace"}},
        "geometricError": SCENE_METRES,
        "extras": {"lodespace": info},
        "root": encoded[0],
    }
    return msgspec.json.encode(document)


def _bounding_box(low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> list[float]:
    """Return the box of grid positions `low` to `high` (3,) as 3D Tiles states it.

    3D Tiles has z up, and glTF has y up: (x, y, z) of the tile's content is (x, -z, y) here. Half a
    step of the grid is added on each side, so that no box is flat.
    """
    x, y, z = ((low + high) / 2 / (GRID_STEPS - 1) - 0.5) * SCENE_METRES
    dx, dy, dz = (high - low + 1) / 2 / (GRID_STEPS - 1) * SCENE_METRES
    rounded = [round(float(v), _DIGITS) for v in (x, -z, y, dx, dz, dy)]
    return [*rounded[:3], rounded[3], 0, 0, 0, rounded[4], 0, 0, 0, rounded[5]]


class _Tile(msgspec.Struct):
    extras: TileExtras
    children: list["_Tile"] = []


class _Extras(msgspec.Struct):
    lodespace: TilesInfo


class _Tileset(msgspec.Struct):
    root: _Tile
    extras: _Extras


def read_tileset(path: Path) -> tuple[TilesInfo, TileTree]:
    """Read a tileset.json that `encode_tileset` wrote.

    Raises ProjectError when the file is missing, has another form, or contradicts itself.
    """
    try:
        document = json_of(path.read_bytes(), _Tileset)
        info = document.extras.lodespace
        if info.format > FORMAT:
            raise ValueError(f"it has format {info.format}; this version reads up to {FORMAT}")
        found: list[tuple[int, TileExtras]] = []
        waiting: list[tuple[int, _Tile]] = [(-1, document.root)]
        while waiting:
            parent, tile = waiting.pop()
            waiting += [(len(found), child) for child in reversed(tile.children)]
            found.append((parent, tile.extras))
        made = tree(
            [parent for parent, _ in found],
            [extras.level for _, extras in found],
            [extras.count for _, extras in found],
            [np.array(extras.low) for _, extras in found],
            [np.array(extras.high) for _, extras in found],
        )
        stated = np.array([(e.tile, e.first, e.end) for _, e in found])
        known = np.stack([np.arange(len(made)), made.first, made.end], axis=1)
        if not np.array_equal(stated, known) or made.end[0] != info.items:
            raise ValueError("its tiles are not numbered one after another")
    except (OSError, ValueError) as error:
        raise ProjectError(f"{path} is not a scene in tiles: {error}", code="bad_scene") from error
    return info, made
