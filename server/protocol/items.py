"""Single items, and the atlas of their pictures."""

from typing import Literal

from lodespace.protocol.base import Message


class Thumbnails(Message):
    """The atlas: `pages` square PNG pages of `columns` x `columns` cells of `cell` pixels, items in order, row by row.

    Each picture is `picture` pixels wide and high inside its cell, centred. `channels` 1: grey, brightness is ink.
    """

    pages: int
    page_size: int
    columns: int
    cell: int
    picture: int
    channels: Literal[1, 3]


class Column(Message):
    """A value that came with an item, as text; lists and structures as JSON."""

    name: str
    value: str


class Found(Message):
    """Answer of GET /api/search: the items whose id, path or columns hold the text; ascending."""

    items: list[int]


class ItemInfo(Message):
    """Answer of GET /api/items/{i}/info. `labelled_by`... are of the newest label; empty or -1 where there is none.

    `path`: its file below the folder the data came from, "" for none. `start`, `end`: seconds of the recording, of a sound.
    """

    item: int
    id: str
    class_id: int
    gesture: int
    labelled_by: str
    labelled_at: float
    prediction: int
    confidence: float
    path: str
    columns: list[Column]
    start: float | None = None
    end: float | None = None
