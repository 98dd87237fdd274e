"""Search for the items in a region on the screen, for a scene in tiles.

The rule is that of scene/region_query.py. Here, the tree of tiles is walked from the root. If the
box of a tile is wholly inside the region, the items of the tile and of all tiles below it are taken
as one run. If the box is wholly outside, the tile is left out, with all tiles below it. The items
of all other tiles are tested one by one.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from lodespace.protocol import Region
from lodespace.protocol.frames import GRID_STEPS
from lodespace.scene.glb import Box
from lodespace.scene.region_query import (
    DEPTH_TOLERANCE,
    Projected,
    cells_of,
    in_polygon,
    matrix_of,
    polygon_of,
    project,
)
from lodespace.tiles.runs import Numbers, Runs
from lodespace.tiles.tileset import TileTree

Positions = Callable[[int], npt.NDArray[np.uint16]]
"""Function that returns the grid positions (K, 3) of the items of a tile."""
_TILES_AT_ONCE = 32
"""Number of tiles whose items are tested together."""
_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float64)
_MARGIN = 1e-9
"""Margin around the projection of a box, in normalised device coordinates, for rounding errors."""
_OUTSIDE, _PARTLY, _INSIDE = 0, 1, 2


class TileRegions:
    """Finds the items that lie in regions, in a scene in tiles."""

    def __init__(self, tree: TileTree, box: Box, positions: Positions) -> None:
        self.tree, self.box, self.positions = tree, box, positions

    def items_in(self, regions: Sequence[Region]) -> Runs:
        """Return the items that lie in at least one of the regions."""
        found = [self._in_region(region) for region in regions]
        return Runs.union(
            np.concatenate([runs.starts for runs in found]),
            np.concatenate([runs.ends for runs in found]),
        )

    def _in_region(self, region: Region) -> Runs:
        visible = region.mode == "visible"
        whole, partly = self._tiles(region, whole_tiles=not visible)
        starts, ends = [self.tree.first[whole]], [self.tree.end[whole]]
        nearest = self._nearest(region) if visible else None
        for numbers, at in self._projected(partly, region):
            inside = in_polygon(at, region)
            if nearest is not None:
                inside &= nearest.shows(at)
            runs = Runs.of_items(numbers[inside])
            starts.append(runs.starts)
            ends.append(runs.ends)
        return Runs.union(np.concatenate(starts), np.concatenate(ends))

    def _tiles(self, region: Region, *, whole_tiles: bool) -> tuple[Numbers, Numbers]:
        """Return two lists of tiles: those wholly inside the region, and those partly inside.

        Tiles below a tile that is wholly inside are in neither list. If `whole_tiles` is False, no
        tile counts as wholly inside.
        """
        return self._walk(lambda boxes: _places(boxes, region), whole_tiles=whole_tiles)

    def _walk(
        self,
        places: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.int8]],
        *,
        whole_tiles: bool,
    ) -> tuple[Numbers, Numbers]:
        whole: list[Numbers] = []
        partly: list[Numbers] = []
        frontier = np.zeros(1, np.int64)
        while len(frontier):
            place = places(self._boxes(frontier))
            if not whole_tiles:
                place = np.minimum(place, _PARTLY)
            whole.append(frontier[place == _INSIDE])
            partly.append(frontier[place == _PARTLY])
            frontier = self._children(partly[-1])
        return np.concatenate(whole), np.sort(np.concatenate(partly))

    def _children(self, tiles: Numbers) -> Numbers:
        children = np.flatnonzero(np.isin(self.tree.parent, tiles))
        return children

    def _boxes(self, tiles: Numbers) -> npt.NDArray[np.float64]:
        """Return the corners of the boxes of K tiles in latent units, (K, 8, 3)."""
        low, high = self.tree.low[tiles, None], self.tree.high[tiles, None]
        return self._latent(low + _CORNERS * (high - low))

    def _latent(
        self, grid: npt.NDArray[np.float64] | npt.NDArray[np.uint16]
    ) -> npt.NDArray[np.float64]:
        step = self.box.size / (GRID_STEPS - 1)
        return np.asarray(self.box.origin, np.float64) + grid.astype(np.float64) * step

    def _projected(self, tiles: Numbers, region: Region) -> Iterator[tuple[Numbers, Projected]]:
        """Yield the items of a few tiles at a time: numbers (K,), and places on the screen."""
        for begin in range(0, len(tiles), _TILES_AT_ONCE):
            some = tiles[begin : begin + _TILES_AT_ONCE]
            grid = np.concatenate([self.positions(int(tile)) for tile in some])
            firsts = self.tree.first[some].tolist()
            counts = self.tree.count[some].tolist()
            numbers = np.concatenate(
                [np.arange(first, first + n) for first, n in zip(firsts, counts, strict=True)]
            )
            yield numbers, project(self._latent(grid), region)

    def _nearest(self, region: Region) -> "_Nearest":
        """Return the smallest depth in each cell of the screen that the polygon may touch."""
        polygon = polygon_of(region)
        cell = np.asarray(region.cell)
        low, high = polygon.min(axis=0) - 2 * cell, polygon.max(axis=0) + 2 * cell
        around = np.array([[low[0], low[1]], [high[0], low[1]], high, [low[0], high[1]]])
        near = Region(
            polygon=around.ravel().tolist(),
            clip_from_latent=region.clip_from_latent,
            mode="through",
        )
        nearest = _Nearest(region.cell)
        whole, partly = self._tiles(near, whole_tiles=False)
        for _, at in self._projected(np.concatenate([whole, partly]), region):
            nearest.add(at)
        return nearest


class _Nearest:
    """The smallest depth per cell of the screen."""

    def __init__(self, cell: tuple[float, float]) -> None:
        self.cell = cell
        self.keys = np.empty(0, np.int64)
        """Numbers of the cells with an item (C,), ascending."""
        self.depths = np.empty(0)
        """Smallest depth per cell (C,)."""

    def add(self, at: Projected) -> None:
        """Take the items `at` into account."""
        shown, keys = cells_of(at, self.cell)
        keys, depths = np.append(self.keys, keys), np.append(self.depths, at.depth[shown])
        self.keys, where = np.unique(keys, return_inverse=True)
        self.depths = np.full(len(self.keys), np.inf)
        np.minimum.at(self.depths, where, depths)

    def shows(self, at: Projected) -> npt.NDArray[np.bool_]:
        """Return, per item (K,), whether no nearer item in the same cell hides it."""
        shown, keys = cells_of(at, self.cell)
        visible = np.zeros(len(at.x), np.bool_)
        if len(shown) == 0:
            return visible
        nearest = self.depths[np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)]
        visible[shown] = at.depth[shown] <= nearest + DEPTH_TOLERANCE
        return visible


def _places(boxes: npt.NDArray[np.float64], region: Region) -> npt.NDArray[np.int8]:
    """Return, per box (K,), whether the box is outside, partly inside, or inside `region`.

    `boxes` are corners (K, 8, 3). _OUTSIDE means that no point of the box is in the region. _INSIDE
    means that all points of the box are in the region. If neither is certain, the answer is
    _PARTLY.
    """
    place = np.full(len(boxes), _PARTLY, np.int8)
    with np.errstate(over="ignore", invalid="ignore"):
        clip = np.concatenate([boxes, np.ones((*boxes.shape[:2], 1))], axis=2) @ matrix_of(region)
        x, y, z, w = (clip[:, :, k] for k in range(4))
        # Each of these conditions is linear, so it holds for the whole box if it holds at the
        # corners.
        hidden = (w <= 0).all(axis=1) | (z > w).all(axis=1) | (z < -w).all(axis=1)
        place[hidden] = _OUTSIDE
        front = (w > 0).all(axis=1)
        shown = np.flatnonzero(front & ~hidden & np.isfinite(clip).all(axis=(1, 2)))
        if len(shown) == 0:
            return place
        x, y = x[shown] / w[shown], y[shown] / w[shown]
        deep = (np.abs(z[shown]) <= w[shown]).all(axis=1)
    low = np.stack([x.min(axis=1), y.min(axis=1)], axis=1) - _MARGIN
    high = np.stack([x.max(axis=1), y.max(axis=1)], axis=1) + _MARGIN
    crossed = _crossed(low, high, polygon_of(region))
    middle = (low + high) / 2
    every = np.ones(len(shown), np.bool_)
    at = Projected(middle[:, 0], middle[:, 1], np.zeros(len(shown)), every)
    inside = in_polygon(at, region)
    place[shown[~crossed & ~inside]] = _OUTSIDE
    place[shown[~crossed & inside & deep]] = _INSIDE
    return place


def _crossed(
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    polygon: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Return, per rectangle (K,), whether an edge of the polygon may cross the rectangle.

    `low` and `high`, each (K, 2), are opposite corners of the rectangles.

    An edge crosses a rectangle if their bounds overlap and the corners of the rectangle are not all
    on one side of the edge.
    """
    crossed = np.zeros(len(low), np.bool_)
    begins, ends = polygon, np.roll(polygon, -1, axis=0)
    for begin, end in zip(begins, ends, strict=True):
        near = (np.minimum(begin, end) <= high).all(axis=1)
        near &= (np.maximum(begin, end) >= low).all(axis=1) & ~crossed
        (some,) = np.nonzero(near)
        if len(some) == 0:
            continue
        dx, dy = end - begin
        # Side of the four corners: (x - x0) * dy - (y - y0) * dx.
        across = (np.stack([low[some, 0], high[some, 0]]) - begin[0]) * dy
        along = (np.stack([low[some, 1], high[some, 1]]) - begin[1]) * dx
        sides = across[:, None] - along[None, :]
        crossed[some] = (sides.min(axis=(0, 1)) <= 0) & (sides.max(axis=(0, 1)) >= 0)
    return crossed
