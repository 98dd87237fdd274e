"""Scenes in tiles (docs/tiles.md): metadata in tileset.json, and messages over HTTP."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.access import Access
from lodespace.protocol.base import Message, Operation
from lodespace.protocol.classes import ClassInfo
from lodespace.protocol.history import History
from lodespace.protocol.labels import Provenance
from lodespace.protocol.values import MAX_CLASSES, UNLABELED, ClassId, CommandId

SELECTED_ITEMS = 27
"""Largest number of items that the answer to a selection lists."""
Handle = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]

_Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
_Step = Annotated[int, msgspec.Meta(ge=0, lt=1 << 16)]
_Steps = tuple[_Step, _Step, _Step]


class TilePictures(Message):
    """Layout of the atlas pages of all tiles."""

    page_size: int
    """Width of a page, and largest height, in pixels."""
    columns: int
    """Number of cells per row."""
    per_page: int
    """Largest number of cells of a page."""
    cell: int
    """Width and height of a cell, in pixels."""
    picture: int
    """Width and height of the picture in the centre of each cell, in pixels."""
    channels: Literal[1, 3]
    """3 for colour pictures. 1 for grey pictures, which the client draws in the colours of the
    classes."""


class TilesInfo(Message):
    """Metadata of a scene in tiles: `extras.lodespace` of tileset.json."""

    format: Annotated[int, msgspec.Meta(ge=1)]
    """Version of the form of the files."""
    dataset: str
    """Name of the data set."""
    items: _Count
    """Number of items."""
    tiles: _Count
    """Number of tiles."""
    levels: _Count
    """Number of levels of the tree."""
    tile_points: _Count
    """Number of items of a tile with children."""
    latent_dim: Literal[2, 3]
    """Number of latent dimensions."""
    origin: tuple[float, float, float]
    """Corner of the box with the smallest coordinates, in latent units."""
    size: Annotated[float, msgspec.Meta(gt=0)]
    """Edge length of the box, in latent units."""
    low: _Steps
    """Smallest grid position of the items, per axis."""
    high: _Steps
    """Largest grid position of the items, per axis."""
    spread: float
    """Root mean square distance of the items from their mean, in latent units."""
    classes: Annotated[list[ClassInfo], msgspec.Meta(max_length=MAX_CLASSES)]
    """All classes, in the order of their ids."""
    predictions: bool
    """Whether the tiles have predictions."""
    pictures: TilePictures | None
    """Layout of the atlas pages; null for items without pictures."""
    item_files: bool
    """Whether each tile has a file with the ids and columns of its items."""
    seed: int
    """Seed of the random priorities."""
    unlabelled: int = UNLABELED
    """Class of an item without a label."""


class TileExtras(Message):
    """Metadata of a tile: `extras` of a tile in tileset.json."""

    tile: _Count
    """Number of the tile, in preorder."""
    level: Annotated[int, msgspec.Meta(ge=0, le=16)]
    """Level of the tile's cell. The cell's edge is the edge of the box, divided by 2**level."""
    first: _Count
    """Number of the first item of the tile."""
    count: Annotated[int, msgspec.Meta(ge=1, lt=1 << 31)]
    """Number of items of the tile."""
    end: _Count
    """Number after the last item of the tile and of all tiles below it."""
    low: _Steps
    """Smallest grid position of the items of the tile and of all tiles below it, per axis."""
    high: _Steps
    """Largest grid position of the items of the tile and of all tiles below it, per axis."""


class Selected(Operation, tag="selected"):
    """Answer to a query for items of a scene in tiles. The server keeps the items."""

    handle: str
    """Name of the selection, for `label_selected`. The server keeps the newest selections."""
    count: int
    """Number of selected items."""
    items: list[int]
    """At most SELECTED_ITEMS of the selected items, ascending, for a preview."""
    sequence: int
    """Number of the newest event in the label log."""


class LabelSelected(Operation, kw_only=True, tag="label_selected"):
    """Label the items of a selection with one class, as one gesture."""

    command_id: CommandId
    """Id of the command."""
    handle: Handle
    """Name of the selection."""
    class_id: ClassId
    """Class that the items get; UNLABELED (-1) removes their labels."""
    provenance: Provenance
    """How the items were chosen."""


class TileChanges(Message):
    """Tiles whose labels changed, and what else changed with them."""

    sequence: int
    """Number of the newest event in the label log."""
    tiles: list[int]
    """Numbers of the tiles with a changed label, ascending."""
    history: History | None = None
    """The newest gestures; null if there is no new event."""
    classes: list[ClassInfo] | None = None
    """All classes; null if they did not change."""
    access: Access | None = None
    """Devices that request or have access; null if they did not change, or for other clients than
    the owner."""
    access_version: int = 0
    """Version of `access`, for the next request."""
