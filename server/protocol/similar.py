"""Search for similar items."""

from typing import Annotated

import msgspec

from lodespace.protocol.base import Message
from lodespace.protocol.values import MAX_SEARCH_LENGTH, ListedItems, check_chosen

SIMILAR = 27
"""Number of similar items that the page adds to the selection at once: a contact sheet."""
MAX_SIMILAR = 10_000
"""Largest number of similar items in an answer."""
MAX_EXAMPLE_BYTES = 32 << 20
"""Largest example file, in bytes."""

SimilarCount = Annotated[int, msgspec.Meta(ge=1, le=MAX_SIMILAR)]


class Similar(Message):
    """Body of POST /api/similar: some items, or words."""

    items: ListedItems = msgspec.field(default_factory=list[int])
    """Items whose like are searched; empty if there are words."""
    words: Annotated[str, msgspec.Meta(max_length=MAX_SEARCH_LENGTH)] = ""
    """Words that describe the items; empty if there are items. `searches_words` of the session
    states whether the items can be searched by words."""
    count: SimilarCount = SIMILAR
    """Number of items to find."""

    def __post_init__(self) -> None:
        if bool(self.items) == bool(self.words.strip()):
            raise ValueError("Send either `items` or `words`.")
        if self.items:
            check_chosen(self.items, None)


class SimilarItems(Message):
    """Answer of POST /api/similar and POST /api/similar/file, nearest items first."""

    items: list[int]
    """The found items. Items of the request are not among them."""
    distances: list[float]
    """Distance of each found item to the nearest example, in the space that was searched."""
    space: str
    """Name of the space that was searched, for people."""
    examples: int
    """Number of examples that were compared with all items. If the request has very many items,
    some of them stand for all."""
