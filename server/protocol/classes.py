"""Classes, and what is done to them."""

from typing import Annotated

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import MAX_CLASSES, ClassName, Colour, CommandId


class ClassInfo(Message):
    """A class. `class_id` is its number for good; name and colour can be changed. `locked`: no gesture gives or takes its labels.

    `removed`: it was deleted, merged into another, or its making taken back; no item has it, and it may come back by an undo.
    """

    class_id: int
    name: ClassName
    colour: Colour
    locked: bool = False
    removed: bool = False


class AddClass(Operation, tag="add_class"):
    """Make a class. Without `colour` the next of the palette is taken."""

    command_id: CommandId
    name: ClassName
    colour: Colour | None = None


class EditClass(Operation, tag="edit_class"):
    """Rename, recolour, lock or unlock a class; absent fields stay."""

    command_id: CommandId
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    name: ClassName | None = None
    colour: Colour | None = None
    locked: bool | None = None


class MergeClass(Operation, tag="merge_class"):
    """Make a class part of another: its items count as `into`'s from now on."""

    command_id: CommandId
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]
    into: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]


class DeleteClass(Operation, tag="delete_class"):
    """Take a class away, and with it the labels of its items."""

    command_id: CommandId
    class_id: Annotated[int, msgspec.Meta(ge=0, lt=MAX_CLASSES)]


class Classes(Operation, tag="classes"):
    """The classes, all of them, after one was made or edited."""

    sequence: int
    classes: list[ClassInfo]
