"""Regions and labels."""

from typing import Annotated, ClassVar

import msgspec

from lodespace.protocol.base import Message, Operation
from lodespace.protocol.values import (
    MAX_REGIONS,
    CellSize,
    ClassId,
    CommandId,
    Counter,
    Item,
    Role,
    SelectionMode,
    Tool,
)


class Region(Message):
    """A region drawn on the screen, enough to find its items again (region_query.py has the rule).

    `polygon`: flat [x0, y0, x1, y1, ...] in normalised device coordinates (-1..1, y up), closed by itself; inside is
    where the winding number is not zero.
    `clip_from_latent`: 16 numbers, column-major: latent means of the scene to clip space, as the camera was.
    `mode`: "through" takes every item inside; "visible" only those that no nearer item covers.
    `cell`: size of a point on screen, in normalised device coordinates (x, y): what one item covers in mode "visible".
    """

    polygon: Annotated[list[float], msgspec.Meta(min_length=6, max_length=20000)]
    clip_from_latent: Annotated[list[float], msgspec.Meta(min_length=16, max_length=16)]
    mode: SelectionMode = "through"
    cell: tuple[CellSize, CellSize] = (0.01, 0.01)

    def __post_init__(self) -> None:
        if len(self.polygon) % 2:
            raise ValueError("a polygon is pairs of numbers, x and y")


class Provenance(Message):
    """How the items of a gesture were chosen; kept with the label for good.

    `verified`: somebody has looked at each of the items: such a label counts more, and is no suspect.
    """

    tool: Tool
    regions: list[Region] = msgspec.field(default_factory=list[Region])
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""
    verified: bool = False


class Label(Operation, tag="label"):
    """Give `items` the class `class_id` (UNLABELED takes labels away), as one gesture. `revision` is what was seen."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=1_000_000)]
    class_id: ClassId
    revision: Counter
    provenance: Provenance


class LabelEach(Operation, tag="label_each"):
    """Give `items[k]` the class `class_ids[k]` (UNLABELED takes its label away), all as one gesture: a contact sheet, or predictions that
    are accepted. `revision` is what was seen."""

    command_id: CommandId
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=1_000_000)]
    class_ids: Annotated[list[ClassId], msgspec.Meta(min_length=1, max_length=1_000_000)]
    revision: Counter
    provenance: Provenance

    def __post_init__(self) -> None:
        if len(self.items) != len(self.class_ids):
            raise ValueError(
                f"{len(self.items)} items and {len(self.class_ids)} classes; give one class an item"
            )
        if len(set(self.items)) != len(self.items):
            raise ValueError("an item is named twice; give each item one class")


class Resolve(Operation, tag="resolve"):
    """Ask which items lie in `regions` (each one added to the ones before), at the positions this client has."""

    role: ClassVar[Role] = "viewer"

    command_id: CommandId
    regions: Annotated[list[Region], msgspec.Meta(min_length=1, max_length=MAX_REGIONS)]


class Labels(Operation, tag="labels"):
    """Labels changed: `items[k]` now has class `class_ids[k]`.

    Sent to every client, in the order of `sequence`, never dropped.
    """

    sequence: int
    gesture: int
    by: str
    items: list[int]
    class_ids: list[int]


class Resolved(Operation, tag="resolved"):
    """Answer to resolve: the items, ascending, at `revision`."""

    command_id: str
    items: list[int]
    revision: int
