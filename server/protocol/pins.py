"""Dragged items, pinned items, and items in view. On large data sets, items in view move first."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Operation
from lodespace.protocol.values import MAX_ANCHORED, CommandId, Counter, Item, Role, Vector


class Drag(Operation, tag="drag"):
    """Pull items to targets while a person drags them.

    There is no answer. Each `drag` replaces the previous `drag` of the client. A `drag` without
    items makes no gesture: it releases all dragged items, and the points move back to their places
    before the drag. An `anchor` ends the drag and makes one gesture.
    """

    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Dragged items."""
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Target per item, in latent units."""


class Anchor(Operation, tag="anchor"):
    """End a drag. The whole drag is one gesture."""

    command_id: CommandId
    """Id of the command."""
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_ANCHORED)]
    """Items that were dragged."""
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Target per item, in latent units."""
    keep: bool
    """Whether the items stay pinned to their targets. If false, the points move back."""
    revision: Counter
    """Revision of the positions that the client showed."""


class Unpin(Operation, tag="unpin"):
    """Remove pins, as one gesture."""

    command_id: CommandId
    """Id of the command."""
    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Items to release; empty for all pinned items."""


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
    """All pinned items, ascending."""
