"""Islands of the map, and the items of islands that are probably of a class without labels.

An island is a dense place of the map with thinner places around it. A label that was given to a
single item explains all items of its island: they are probably of a class that has labels. Such a
label is verified, or it came with the data or by an import. The labels of a lasso explain an item
only if enough items near it have labels (EXPLAINING).

Items that no label explains are probably of a class without labels. Such a class is never
predicted, so these items are predicted as other classes, often with a high confidence. But they
form islands, because the map does not depend on the list of classes.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.session.item_state import ItemState

CELLS = {2: 64, 3: 24}
"""Number of cells of the density grid along each axis, by the number of axes (2 or 3)."""
BRIDGE = 0.6
"""Two dense places are one island if the density between them is at least this share of the density
of the less dense place."""
SMALLEST_SHARE = 0.005
"""An island has at least this share of all items."""
SMALLEST = 8
"""Smallest number of items in an island."""
EXPLAINING = 0.1
"""An item is explained if at least this share of the items near it have labels.

The labels near an item need not be verified. One label that was given to a single item explains all
items of the island in which the labelled item lies. The labels of a lasso are weaker evidence: a
lasso may contain a few items of another island by mistake, and an island may consist of several
classes that touch.
"""

Ints = npt.NDArray[np.intp]


class Islands(NamedTuple):
    """Islands (dense groups on the map) of N items."""

    of_item: Ints
    """Index of the island of each item (N,); -1 for items in no island."""
    unexplained: npt.NDArray[np.bool_]
    """Per item, True if the item is in an island and the class of the item is unknown (N,).

    The class is known from a verified or given label in the island, or from enough labels near the
    item.
    """


def islands(state: ItemState) -> Islands:
    """Return the islands (dense groups) of the map, and their items whose class is unknown."""
    grid = _Grid(state.positions)
    of_item = grid.dense_places()
    n_places = int(of_item.max(initial=-1)) + 1
    count = np.bincount(of_item[of_item >= 0], minlength=n_places)
    large = count >= max(SMALLEST, SMALLEST_SHARE * len(of_item))
    of_item = np.append(np.where(large, np.cumsum(large) - 1, -1), -1)[of_item]
    explained = np.zeros(int(large.sum()) + 1, np.bool_)
    explained[of_item[state.verified | state.given]] = True
    explained[-1] = True  # items that are in no island count as explained
    near = grid.smoothed(state.labelled) >= EXPLAINING * grid.smoothed()
    return Islands(of_item, ~explained[of_item] & ~near[grid.cell_of_item])


class Unknown(NamedTuple):
    """Items that are probably of a class without labels."""

    items: npt.NDArray[np.bool_]
    """Which items are unlabelled and in an island, and probably of a class without labels (N,)."""
    islands: int
    """Number of islands with items that probably belong to a class without labels."""
    largest: int
    """Number of items that probably belong to a class without labels, in the island with most of
    them."""


def unknown(state: ItemState) -> Unknown:
    """Return the unlabelled items of islands that are probably of a class without labels.

    Before the first label, the result has no items.
    """
    if state.labelled.all() or not state.labelled.any():
        return Unknown(np.zeros(len(state.labels), np.bool_), 0, 0)
    found = islands(state)
    items = found.unexplained & ~state.labelled
    count = np.bincount(found.of_item[items])
    return Unknown(items, int(np.count_nonzero(count)), int(count.max(initial=0)))


class _Grid:
    """Grid of cells over the positions (N, D), and the density of items in each cell."""

    def __init__(self, positions: npt.NDArray[np.int32]) -> None:
        d = positions.shape[1]
        m = CELLS[d]
        low, high = np.percentile(positions, (1, 99), axis=0) if len(positions) else (0, 0)
        side = max(float(np.max(high - low)) * 1.1, 1.0) / m
        corner = (low + high) / 2 - side * m / 2
        cells = np.clip((positions - corner) / side, 0, m - 1).astype(np.intp)
        self._shape = (m + 2,) * d  # the outermost cells stay empty
        places = np.ravel_multi_index(tuple((cells + 1).T), self._shape)
        self.cell_of_item: Ints = np.asarray(places)

    def smoothed(self, items: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.float64]:
        """Return the density per cell as a flat array.

        Only items in the mask `items` (N,) count. If `items` is None, all items count.
        """
        from scipy import ndimage  # imported here, because the import takes 0.2 s

        cells = self.cell_of_item if items is None else self.cell_of_item[items]
        counts = np.bincount(cells, minlength=int(np.prod(self._shape))).astype(np.float64)
        return ndimage.gaussian_filter(counts.reshape(self._shape), 1.0, mode="constant").ravel()

    def dense_places(self) -> Ints:
        """Return the index of the dense place of each item (N,).

        A dense place consists of a maximum of the density, and of all cells from which steps to
        denser cells lead to this maximum. Two places are merged if the density between them is high
        enough (BRIDGE), as in ToMATo (Chazal et al. 2013).
        """
        strides = self._shape[0] ** np.arange(len(self._shape))[::-1]
        occupied = np.unique(self.cell_of_item)
        return _persistent_places(self.smoothed(), occupied, strides)[self.cell_of_item]


def _persistent_places(density: npt.NDArray[np.float64], occupied: Ints, strides: Ints) -> Ints:
    """Return the index of each cell's dense place (`_Grid.dense_places`); -1 for empty cells.

    Args:
        density: Density of all cells, flat.
        occupied: Indices of the occupied cells.
        strides: Distance between two neighbour cells in the flat array, per axis.
    """
    steps = np.array(np.meshgrid(*[(-1, 0, 1)] * len(strides), indexing="ij"))
    offsets = [int(o) for o in np.tensordot(strides, steps, 1).ravel() if o != 0]
    root: dict[int, int] = {}  # maps a cell to its dense place, the cell of the maximum

    def place_of(cell: int) -> int:
        while root[cell] != cell:
            root[cell] = root[root[cell]]
            cell = root[cell]
        return cell

    order = occupied[np.argsort(-density[occupied], kind="stable")]
    height = dict(zip(order.tolist(), density[order].tolist(), strict=True))
    for cell in order.tolist():
        near = [place_of(cell + o) for o in offsets if cell + o in root]
        if not near:
            root[cell] = cell
            continue
        highest = max(near, key=lambda place: height[place])
        root[cell] = highest
        for place in near:
            if place != highest and height[cell] >= BRIDGE * height[place]:
                root[place] = highest
    tops = [place_of(cell) for cell in order.tolist()]
    _, number = np.unique(tops, return_inverse=True)
    found = np.full(len(density), -1, np.intp)
    found[order] = number
    return found
