"""Single items, and the atlas of their pictures."""

from typing import Literal

from lodespace.protocol.base import Message


class Thumbnails(Message):
    """The atlas: square PNG pages with small pictures of the items, in order, row by row."""

    pages: int
    """Number of pages."""
    page_size: int
    """Width and height of a page, in pixels."""
    columns: int
    """Number of cells in a row, and of rows on a page."""
    cell: int
    """Width and height of a cell, in pixels."""
    picture: int
    """Width and height of the picture in the centre of its cell, in pixels."""
    channels: Literal[1, 3]
    """3: colours; 1: grey, where bright pixels are drawn as ink."""


class Column(Message):
    """A value that was imported with an item."""

    name: str
    """Name of the column."""
    value: str
    """The value as text; lists and structures as JSON."""


class Found(Message):
    """Answer of GET /api/search."""

    items: list[int]
    """Items whose id, path or columns contain the text, ascending."""


class ItemInfo(Message):
    """Answer of GET /api/items/{item}/info."""

    item: int
    """Number of the item."""
    id: str
    """Id that it was imported with."""
    class_id: int
    """Its label; -1: unlabelled."""
    gesture: int
    """Number of the gesture that labelled it; -1: unlabelled."""
    labelled_by: str
    """Id of the client that labelled it; empty: unlabelled."""
    labelled_at: float
    """Time of its label; 0: unlabelled."""
    prediction: int
    """Class that the model predicts; -1 before the first prediction."""
    confidence: float
    """Probability of the predicted class, 0..1."""
    path: str
    """Path of its file below the imported folder; empty when it came without one."""
    columns: list[Column]
    """All values that were imported with it."""
    start: float | None = None
    """Start in its recording, in seconds; only for sounds."""
    end: float | None = None
    """End in its recording, in seconds; only for sounds."""
