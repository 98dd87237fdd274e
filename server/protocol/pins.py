"""Items that are dragged, pinned, or moved first."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Operation
from lodespace.protocol.values import MAX_ANCHORED, CommandId, Counter, Item, Role, Vector


class Drag(Operation, tag="drag"):
    """Items are in a person's hand: pull them to targets until the next drag or anchor.

    No answer. The newest drag of a client counts. One without items releases them without a
    gesture; `anchor` ends a drag as a gesture.
    """

    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Items in the hand."""
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Target per item, in latent units."""


class Anchor(Operation, tag="anchor"):
    """Items were dragged, as one gesture."""

    command_id: CommandId
    """Id of the command."""
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_ANCHORED)]
    """Items that were dragged."""
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Target per item, in latent units."""
    keep: bool
    """Whether the items stay pinned to their targets; otherwise they are released."""
    revision: Counter
    """Revision of the positions that the client showed."""


class Unpin(Operation, tag="unpin"):
    """Remove pins, as one gesture."""

    command_id: CommandId
    """Id of the command."""
    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Items to release; empty: all pinned items."""


class SetPriority(Operation, tag="set_priority"):
    """Items that the person looks at. On large data sets these move first.

    No answer. The newest message of a client counts.
    """

    role: ClassVar[Role] = "viewer"

    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    """Items in view."""


class PinsChanged(Operation, tag="pins"):
    """Pins changed."""

    items: list[int]
    """All pinned items, ascending."""
