"""Named axes: axes of the map that show a value of the items, such as a column of the data."""

from typing import Annotated, Literal

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import (
    MAX_ANCHORED,
    MAX_NAME_LENGTH,
    CommandId,
    Item,
    Slot,
    check_chosen,
)

AxisLetter = Literal["x", "y", "z"]
"""Axis of the shown map. A map with two dimensions has no `z`."""
MAX_COLUMN_NAME = 1000
"""Longest name of a column or category, in characters."""
ColumnName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_COLUMN_NAME)]
_Chosen = Annotated[list[Item], msgspec.Meta(max_length=MAX_ANCHORED)]


class SetAxis(Operation, tag="set_axis"):
    """Show a value along an axis of the map, as one gesture. The value replaces the previous value
    of the axis.

    A column contains the value, or two groups of items describe it: items in `few` have little of
    the value, and items in `many` have much of it. The map turns and is trained until the value
    grows along the axis. If the value cannot be used, the server refuses the command with
    `bad_axis` and the reason.
    """

    command_id: CommandId
    """Id of the command."""
    axis: AxisLetter
    """The axis."""
    column: ColumnName | None = None
    """Column of the table, with numbers, dates or categories; null for two groups."""
    category: ColumnName | None = None
    """Category of the column that is compared with all other categories; null to show numbers,
    dates, or all categories in their natural order."""
    few: _Chosen = msgspec.field(default_factory=list)
    """Items that have little of the value; empty if a column or `few_selection` is given."""
    many: _Chosen = msgspec.field(default_factory=list)
    """Items that have much of the value; empty if a column or `many_selection` is given."""
    few_selection: Slot | None = None
    """Slot of the uploaded selection with the items that have little of the value; null if `few`
    lists them."""
    many_selection: Slot | None = None
    """Slot of the uploaded selection with the items that have much of the value; null if `many`
    lists them."""
    name: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""
    """Name of the axis. If it is empty, the axis has the name of the column."""

    def __post_init__(self) -> None:
        check_chosen(self.few, self.few_selection, may_be_empty=True)
        check_chosen(self.many, self.many_selection, may_be_empty=True)


class RemoveAxis(Operation, tag="remove_axis"):
    """Remove the value from an axis of the map, as one gesture."""

    command_id: CommandId
    """Id of the command."""
    axis: AxisLetter
    """The axis."""


class AxisTick(Message):
    """A marked value of an axis."""

    at: float
    """Coordinate on the shown map, in latent units."""
    text: str
    """The value, in the units of the column."""


class NamedAxis(Message):
    """An axis of the map that shows a value."""

    axis: AxisLetter
    """The axis."""
    name: str
    """Name of the axis."""
    known: int
    """Number of items whose value is known."""
    n: int
    """Number of values on which `correlation` was measured."""
    hidden: bool
    """How `correlation` was measured. True: on values that are hidden from training, compared with
    the places of their items on the map. False: there are too few values to hide some, so each
    value is compared with its prediction from the other values."""
    # The default is needed because pygltflib leaves empty texts out of a scene.
    column: str = ""
    """Column whose values the axis shows; empty for two groups of items."""
    ticks: list[AxisTick] = msgspec.field(default_factory=list)
    """Marked values, ascending; empty until the map shows the axis."""
    correlation: float | None = None
    """Spearman's rank correlation, -1 to 1, on values that the model did not see; null while it is
    not known."""


class AxesChanged(Operation, tag="axes"):
    """Sent when the named axes, their ticks or their correlations have changed. Each message
    replaces the previous one."""

    axes: list[NamedAxis]
    """All named axes, in the order x, y, z."""


class AxisColumn(Message):
    """A column whose values an axis can show."""

    name: str
    """Name of the column."""
    kind: Literal["number", "date", "category"]
    """Kind of the values."""
    categories: list[str]
    """Categories in their natural order; empty for numbers and dates."""


class AxisColumns(Message):
    """Answer of GET /api/axes."""

    columns: list[AxisColumn]
    """Columns whose values an axis can show, in the order of the table."""
