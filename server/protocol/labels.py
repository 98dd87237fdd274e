"""Regions and labels."""

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from lodespace.errors import ProtocolError
from lodespace.protocol.base import Message, Operation
from lodespace.protocol.item_sets import ClassIds, Items, as_text, of_text, pack, unpack
from lodespace.protocol.values import (
    AT_MOST_LISTED,
    MAX_LISTED_NEWS,
    MAX_REGIONS,
    CellSize,
    ClassId,
    CommandId,
    Counter,
    ListedItems,
    Role,
    SelectionMode,
    Slot,
    Tool,
    check_chosen,
)


class Region(Message):
    """A region drawn on the screen, with all data that are needed to find the items inside."""

    polygon: Annotated[list[float], msgspec.Meta(min_length=6, max_length=20000)]
    """Corners of the polygon, flat [x0, y0, x1, y1, ...], in normalised device coordinates (-1..1,
    y up). The last corner is connected to the first. A point is inside if the winding number of the
    polygon around the point is not zero."""
    clip_from_latent: Annotated[list[float], msgspec.Meta(min_length=16, max_length=16)]
    """Matrix from latent means to the camera's clip space, column-major."""
    mode: SelectionMode = "through"
    """`through` selects all items in the polygon. `visible` leaves out items that are hidden behind
    other items."""
    cell: tuple[CellSize, CellSize] = (0.01, 0.01)
    """Width and height of the cell that an item covers in mode `visible`, in normalised device
    coordinates."""

    def __post_init__(self) -> None:
        if len(self.polygon) % 2:
            raise ValueError("A polygon is a list of pairs of numbers, x and y.")


class Provenance(Message):
    """How the items of a gesture were chosen. Stored with the label."""

    tool: Tool
    """Tool of the gesture."""
    regions: list[Region] = msgspec.field(default_factory=list[Region])
    """Regions that were drawn."""
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Free text that the client stores with the gesture."""
    verified: bool = False
    """Whether a person has looked at each of the items. A verified label has more weight in
    training, and is never listed as a suspect."""
    blind: bool = False
    """Whether each label is hidden from all people until another person has labelled the item, too,
    blind or not. A sheet of the kind `double` has such items."""


class Label(Operation, kw_only=True, tag="label"):
    """Label items with one class, as one gesture."""

    command_id: CommandId
    """Id of the command."""
    items: ListedItems = msgspec.field(default_factory=list[int])
    """Items to label; empty if `selection` has them."""
    selection: Slot | None = None
    """Slot of the uploaded selection with the items; null if `items` lists them."""
    class_id: ClassId
    """Class that the items get; UNLABELED (-1) removes their labels."""
    revision: Counter
    """Revision of the positions that the client showed."""
    provenance: Provenance
    """How the items were chosen."""

    def __post_init__(self) -> None:
        check_chosen(self.items, self.selection)


class LabelEach(Operation, kw_only=True, tag="label_each"):
    """Label each item with its own class, as one gesture.

    Contact sheets and accepted predictions use this command.
    """

    command_id: CommandId
    """Id of the command."""
    items: Annotated[ListedItems, msgspec.Meta(extra_json_schema={"uniqueItems": True})] = (
        msgspec.field(default_factory=list[int])
    )
    """Items to label, each listed once; empty if `selection` has them."""
    class_ids: Annotated[list[ClassId], AT_MOST_LISTED] = msgspec.field(default_factory=list[int])
    """Class per item of `items`; UNLABELED (-1) removes the label."""
    selection: Slot | None = None
    """Slot of the uploaded selection with the items and their classes; null if `items` lists
    them."""
    revision: Counter
    """Revision of the positions that the client showed."""
    provenance: Provenance
    """How the items were chosen."""

    def __post_init__(self) -> None:
        check_chosen(self.items, self.selection)
        if len(self.items) != len(self.class_ids):
            raise ValueError(
                f"There are {len(self.items)} items and {len(self.class_ids)} classes. Send one"
                " class per item."
            )
        if len(set(self.items)) != len(self.items):
            raise ValueError("An item is listed twice. Send one class per item.")


class Resolve(Operation, tag="resolve"):
    """Ask which items lie in the regions.

    The server tests the positions that this client currently shows. If the server no longer stores
    these positions, it tests the newest positions.
    """

    role: ClassVar[Role] = "viewer"

    command_id: CommandId
    """Id of the query."""
    regions: Annotated[list[Region], msgspec.Meta(min_length=1, max_length=MAX_REGIONS)]
    """Regions; the answer is the union of their items."""


class Labels(Operation, tag="labels"):
    """Labels changed. Every client receives every change, in the order of `sequence`."""

    sequence: int
    """Number of the event in the label log."""
    gesture: int
    """Number of the gesture that changed the labels; 0 when this message merges all changes that
    the client missed."""
    by: str
    """Id of the client that made the gesture; empty when `gesture` is 0."""
    items: list[int]
    """Items whose labels changed; empty if `packed` has them."""
    class_ids: list[int]
    """New class per item of `items`; -1 if unlabelled."""
    packed: str = ""
    """Items and their new classes as base64 of a packed set (item_sets.py), if there are more than
    MAX_LISTED_NEWS; else empty."""

    @classmethod
    def of(
        cls, items: Items, class_ids: ClassIds, *, sequence: int, gesture: int = 0, by: str = ""
    ) -> "Labels":
        """Return the message that reports changed labels.

        `items` (K,) are ascending, and `class_ids` (K,) are the new classes of these items. The
        other arguments are fields of the message.
        """
        many = len(items) > MAX_LISTED_NEWS
        return cls(
            sequence=sequence,
            gesture=gesture,
            by=by,
            items=[] if many else items.tolist(),
            class_ids=[] if many else class_ids.tolist(),
            packed=as_text(pack(items, class_ids)) if many else "",
        )

    def changes(self, n_items: int) -> tuple[Items, ClassIds]:
        """Return the items (K,) and their new classes (K,), for a data set of `n_items` items.

        Raises ProtocolError when `packed` is malformed. Raises ValueError or OverflowError when the
        lists have different lengths, or contain an item that is not in the data set.
        """
        if self.packed:
            found = unpack(of_text(self.packed), n_items)
            if found.class_ids is None:
                raise ProtocolError("The packed labels have no classes.")
            return found.items, found.class_ids
        if len(self.items) != len(self.class_ids) or max(self.items, default=0) >= n_items:
            raise ValueError("the message does not have one class per item of the data set")
        return np.array(self.items, np.uint32), np.array(self.class_ids, np.int16)


class Resolved(Operation, tag="resolved"):
    """Answer to `resolve`."""

    command_id: str
    """Id of the query."""
    items: list[int]
    """Items in the regions, ascending."""
    revision: int
    """Revision of the positions at which the items were found."""
