"""Classes and the operations on them."""

from typing import Annotated

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import MAX_CLASSES, ClassName, Colour, CommandId


class ClassInfo(Message):
    """A class."""

    class_id: int
    """Number of the class. The number never changes."""
    name: ClassName
    """Name of the class."""
    colour: Colour
    """Colour of the class, as `#rrggbb`."""
    locked: bool = False
    """Whether no gesture may add or remove labels of the class."""
    removed: bool = False
    """Whether the class was deleted or merged into another class, or the creation of the class was
    undone. No item has a removed class. An undo or redo can restore the class."""


class AddClass(Operation, tag="add_class"):
    """Create a class."""

    command_id: CommandId
    """Id of the command."""
    name: ClassName
    """Name of the class."""
    colour: Colour | None = None
    """Colour of the class, as `#rrggbb`; null for the next colour of the palette."""


class EditClass(Operation, tag="edit_class"):
    """Rename, recolour, lock or unlock a class. A field that is null does not change the class."""

    command_id: CommandId
    """Id of the command."""
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    """Number of the class."""
    name: ClassName | None = None
    """New name; null for no change."""
    colour: Colour | None = None
    """New colour, as `#rrggbb`; null for no change."""
    locked: bool | None = None
    """Whether no gesture may add or remove labels of the class; null for no change."""


class MergeClass(Operation, tag="merge_class"):
    """Merge a class into another: every item of the class `class_id` gets the class `into`."""

    command_id: CommandId
    """Id of the command."""
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    """Number of the class that disappears."""
    into: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    """Number of the class that stays."""


class DeleteClass(Operation, tag="delete_class"):
    """Delete a class and the labels of its items."""

    command_id: CommandId
    """Id of the command."""
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    """Number of the class."""


class Classes(Operation, tag="classes"):
    """Message to all clients that classes changed."""

    sequence: int
    """Number of the event that changed the classes. The event is in the label log."""
    classes: list[ClassInfo]
    """All classes, in the order of their numbers."""
