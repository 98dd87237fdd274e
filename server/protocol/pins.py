"""Items that are pulled, held, pinned, or moved first."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Operation
from lodespace.protocol.values import MAX_ANCHORED, CommandId, Counter, Item, Role, Vector


class Drag(Operation, tag="drag"):
    """Items are in somebody's hand: pull them to `targets`, one an item, in latent units, for as long as it lasts. No answer; the newest
    of a client counts. Without items: let go, and nothing happened. `anchor` ends it as a gesture."""

    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]


class Anchor(Operation, tag="anchor"):
    """Items were dragged to `targets`, as one gesture. `keep`: they stay pinned there; otherwise they are let go."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MAX_ANCHORED)]
    targets: Annotated[list[Vector], msgspec.Meta(max_length=MAX_ANCHORED)]
    keep: bool
    revision: Counter


class Unpin(Operation, tag="unpin"):
    """Take the pins of `items` away, as one gesture; of all, when there are none."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]


class SetPriority(Operation, tag="set_priority"):
    """Items the person looks at: on large data sets these move first. No answer; the newest of a client counts."""

    role: ClassVar[Role] = "viewer"

    items: Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]


class PinsChanged(Operation, tag="pins"):
    """The items that are pinned, all of them, ascending."""

    items: list[int]
