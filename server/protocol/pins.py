"""Dragged items, pinned items, and items in view. On large data sets, items in view move first."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Operation
from lodespace.protocol.item_sets import Items, listed_or_packed
from lodespace.protocol.values import (
    MAX_ANCHORED,
    CommandId,
    Coordinate,
    Counter,
    Item,
    ListedItems,
    Role,
    Slot,
    Vector,
    check_chosen,
)

_Items = Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
_Targets = Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]
Transform = Annotated[list[Coordinate], msgspec.Meta(min_length=12, max_length=12)]
"""Affine motion of points in latent units: three rows of four numbers. The rows give x, y and z of
the target of a point p: `row[0] * p.x + row[1] * p.y + row[2] * p.z + row[3]`."""


class Drag(Operation, tag="drag"):
    """Pull items to targets while a person drags them.

    There is no answer. Each `drag` replaces the previous `drag` of the client. A `drag` without
    items makes no gesture: it releases all dragged items, and the points move back to their places
    before the drag. An `anchor` ends the drag and makes one gesture.
    """

    items: _Items = msgspec.field(default_factory=list[int])
    """Dragged items; empty if `selection` has them."""
    targets: _Targets = msgspec.field(default_factory=list[Vector])
    """Target per item of `items`, in latent units."""
    selection: Slot | None = None
    """Slot of the uploaded selection with the items and one point per item; null if `items` lists
    them."""
    moved: Transform | None = None
    """Affine motion of the selected points to their targets, as three rows of four numbers; null
    without a selection."""

    def __post_init__(self) -> None:
        check_chosen(self.items, self.selection, may_be_empty=True)


class Anchor(Operation, kw_only=True, tag="anchor"):
    """End a drag. The whole drag is one gesture."""

    command_id: CommandId
    """Id of the command."""
    items: _Items = msgspec.field(default_factory=list[int])
    """Items that were dragged; empty if `selection` has them."""
    targets: _Targets = msgspec.field(default_factory=list[Vector])
    """Target per item of `items`, in latent units."""
    selection: Slot | None = None
    """Slot of the uploaded selection with the items and one point per item; null if `items` lists
    them."""
    moved: Transform | None = None
    """Affine motion of the selected points to their targets, as three rows of four numbers; null
    without a selection."""
    keep: bool
    """Whether the items stay pinned to their targets. If false, the points move back."""
    revision: Counter
    """Revision of the positions that the client showed."""

    def __post_init__(self) -> None:
        check_chosen(self.items, self.selection)


class Unpin(Operation, tag="unpin"):
    """Remove pins, as one gesture."""

    command_id: CommandId
    """Id of the command."""
    items: ListedItems = msgspec.field(default_factory=list[int])
    """Items to release. Without items and without a selection, all pinned items are released."""
    selection: Slot | None = None
    """Slot of the uploaded selection with the items; null if `items` lists them."""

    def __post_init__(self) -> None:
        check_chosen(self.items, self.selection, may_be_empty=True)


class SetPriority(Operation, tag="set_priority"):
    """Set the items in view. On large data sets, items in view move first.

    There is no answer. Each message replaces the previous message of the client.
    """

    role: ClassVar[Role] = "viewer"

    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Items in view."""


class PinsChanged(Operation, tag="pins"):
    """Pins changed."""

    items: list[int]
    """All pinned items, ascending; empty if `packed` has them."""
    packed: str = ""
    """The items as base64 of a packed set (item_sets.py), if there are more than MAX_LISTED_NEWS;
    else empty."""

    @classmethod
    def of(cls, items: Items) -> "PinsChanged":
        """Return the message that reports the pinned items (K,), ascending."""
        listed, packed = listed_or_packed(items)
        return cls(items=listed, packed=packed)
