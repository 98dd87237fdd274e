"""Pinned items and their targets. Pure state: equal events give equal pins.

An `Anchor` is one change of the pins. The pins follow from all changes that are not undone.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace import protocol
from lodespace.errors import RequestError
from lodespace.session.events import Items, Targets
from lodespace.session.selections import Selections

MAX_TARGET = 1e4
"""Largest absolute coordinate of a target, in latent units."""


class Anchor(NamedTuple):
    """Change of pins by one event: items that were pinned, or items whose pins were removed."""

    items: Items
    """Items (K,), ascending. If `targets` is None, an empty array means all pinned items."""
    targets: Targets | None
    """Positions (K, D) at which the items are pinned, in latent units; None removes the pins."""


def points_of(vectors: list[protocol.Vector]) -> npt.NDArray[np.float32]:
    """Return the points of a message as (K, 3)."""
    return np.array(vectors, np.float32).reshape(-1, 3)


def items_and_targets(
    command: protocol.Drag | protocol.Anchor, latent_dim: int, selections: Selections
) -> tuple[Items, Targets]:
    """Return the items of a command (K,), and their targets (K, latent_dim).

    Raises:
        RequestError: The command does not have one point per item, or a coordinate is not finite or
            exceeds MAX_TARGET. Also the errors of `Selections.item_set`.
    """
    if command.selection is None:
        items = np.asarray(command.items, np.uint32)
        array = points_of(command.targets)
    else:
        items, _, points = selections.item_set(command.selection)
        if points is None or command.moved is None:
            raise RequestError(
                "a drag of a selection needs one point per item, and the field `moved`",
                code="bad_anchor",
            )
        moved = np.array(command.moved, np.float32).reshape(3, 4)
        # `checked_points` refuses numbers that are not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            array = points @ moved[:, :3].T + moved[:, 3]
    if len(array) != len(items):
        raise RequestError("an anchor needs one target per item", code="bad_anchor")
    return items, checked_points(array, latent_dim)


def checked_points(points: npt.NDArray[np.float32], latent_dim: int) -> Targets:
    """Return points (K, 3) as (K, latent_dim).

    Raises RequestError when a coordinate is not finite or exceeds MAX_TARGET.
    """
    array = np.ascontiguousarray(points[:, :latent_dim])
    if not (np.isfinite(array) & (np.abs(array) <= MAX_TARGET)).all():
        raise RequestError(
            f"the targets of an anchor must be finite, with coordinates up to {MAX_TARGET:,.0f}",
            code="bad_anchor",
        )
    return array


class Pins:
    """All anchors by event number, and the pins, which follow from the anchors that are not undone.

    A newer anchor overrides the older anchors of the same items.
    """

    def __init__(self) -> None:
        self._anchors: dict[int, Anchor] = {}
        self._standing: set[int] = set()
        self._version = 0
        self._held: tuple[tuple[int, int], tuple[Items, Targets]] | None = None

    def add(self, number: int, anchor: Anchor) -> None:
        """Add the anchor of event `number`."""
        self._anchors[number] = anchor
        self._standing.add(number)
        self._version += 1

    def undo(self, number: int) -> None:
        """Undo the anchor of event `number`."""
        self._standing.discard(number)
        self._version += 1

    def redo(self, number: int) -> None:
        """Redo the anchor of event `number`. Do nothing if the event has no anchor."""
        if number in self._anchors:
            self._standing.add(number)
            self._version += 1

    def held(self, latent_dim: int) -> tuple[Items, Targets]:
        """Return the pinned items (K,), ascending, and their targets (K, latent_dim).

        Pins whose targets have another dimension are ignored. All callers get the same arrays until
        the next change, so a caller must not modify them.
        """
        key = (self._version, latent_dim)
        if self._held is None or self._held[0] != key:
            self._held = (key, self._sum(latent_dim))
        return self._held[1]

    def _sum(self, latent_dim: int) -> tuple[Items, Targets]:
        changed = [np.empty(0, np.uint32)]
        places = [np.empty((0, latent_dim), np.float32)]  # NaN removes the pin
        for number in sorted(self._standing):
            items, targets = self._anchors[number]
            if targets is None and len(items) == 0:
                del changed[1:], places[1:]
            elif targets is None or targets.shape[1] == latent_dim:
                changed.append(items)
                removed = np.full((len(items), latent_dim), np.nan, np.float32)
                places.append(removed if targets is None else targets)
        newest_first = np.concatenate(changed)[::-1]
        items, first = np.unique(newest_first, return_index=True)
        targets = np.concatenate(places)[::-1][first]
        pinned = np.isfinite(targets).all(axis=1)
        return items[pinned], targets[pinned]
