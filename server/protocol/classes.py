"""Classes and the operations on them."""

from typing import Annotated

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import MAX_CLASSES, ClassName, Colour, CommandId


class ClassInfo(Message):
    """A class."""

    class_id: int
    """Its number, which never changes."""
    name: ClassName
    """Its name."""
    colour: Colour
    """Its colour."""
    locked: bool = False
    """Whether no gesture may add or remove its labels."""
    removed: bool = False
    """Whether it was deleted, merged into another, or its creation undone. No item has it. An undo
    can restore it."""


class AddClass(Operation, tag="add_class"):
    """Create a class."""

    command_id: CommandId
    """Id of the command."""
    name: ClassName
    """Its name."""
    colour: Colour | None = None
    """Its colour; null: the next one of the palette."""


class EditClass(Operation, tag="edit_class"):
    """Rename, recolour, lock or unlock a class. Absent fields do not change."""

    command_id: CommandId
    """Id of the command."""
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    """Number of the class."""
    name: ClassName | None = None
    """New name."""
    colour: Colour | None = None
    """New colour."""
    locked: bool | None = None
    """Whether no gesture may add or remove its labels."""


class MergeClass(Operation, tag="merge_class"):
    """Merge a class into another: its items count as items of `into` from now on."""

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
    """Classes changed."""

    sequence: int
    """Number of the event in the label log."""
    classes: list[ClassInfo]
    """All classes, by number."""
