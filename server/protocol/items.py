"""Single items, and the atlas of their pictures."""

from typing import Literal

import msgspec

from lodespace.protocol.base import Message


class Thumbnails(Message):
    """The atlas: square PNG pages with small pictures of the items, in item order, row by row."""

    pages: int
    """Number of pages."""
    page_size: int
    """Width and height of a page, in pixels."""
    columns: int
    """Number of cells per row; a page has the same number of rows."""
    cell: int
    """Width and height of a cell, in pixels."""
    picture: int
    """Width and height of the picture in the centre of each cell, in pixels."""
    channels: Literal[1, 3]
    """3 for colour pictures. 1 for grey pictures, which the client draws in the colours of the
    classes."""


class Column(Message):
    """Value of one imported column for one item."""

    name: str
    """Name of the column."""
    value: str
    """The value as text; lists and structures as JSON."""


class ColumnBins(Message):
    """Answer of GET /api/column: the values of one column for all items, in a few bins."""

    name: str
    """Name of the column."""
    kind: Literal["number", "date", "category"]
    """Kind of the values."""
    bins: list[str]
    """Name of each bin, at most 24: a category, or the least and the largest value."""
    codes: str
    """Bin of each item as a byte, in base64; 255 for an item without a value."""


class Found(Message):
    """Answer of GET /api/search."""

    items: list[int]
    """Items whose id, path or columns contain the text, ascending."""
    exact: list[int] = msgspec.field(default_factory=list)
    """Items whose id equals the text, ascending. Case is ignored."""


class ClassWords(Message):
    """Answer of GET /api/words."""

    words: list[str]
    """Words that can name classes, from columns with few different texts.

    The most likely words are first. Each word is listed once.
    """


class ItemInfo(Message):
    """Answer of GET /api/items/{item}/info."""

    item: int
    """Number of the item."""
    id: str
    """Id of the item in the imported data, or the number of the item if the data have no ids."""
    class_id: int
    """Class of the label; -1 if unlabelled."""
    gesture: int
    """Number of the gesture or rule that labelled the item; 0 if none did, or if several votes were
    weighed together."""
    labelled_by: str
    """Id of the client that labelled the item, or added the rule; empty if no one did."""
    labelled_at: float
    """Time of the gesture that labelled the item, in seconds since the Unix epoch; 0 if no
    gesture labelled the item."""
    prediction: int
    """Class that the model predicts; -1 before the first prediction."""
    confidence: float
    """Probability of the predicted class, 0..1."""
    path: str
    """Path of the item's file below the imported folder; empty for an item without a file."""
    columns: list[Column]
    """All values that were imported with the item."""
    start: float | None = None
    """Start of the item in the sound file, in seconds; null for items that are not sounds."""
    rule: int = 0
    """Number of the rule from which the item has its label; 0 if the label is not from a rule."""
    end: float | None = None
    """End of the item in the sound file, in seconds; null for items that are not sounds."""
