"""Pinned items and their targets. Pure state: equal events give equal pins.

An `Anchor` is one change of the pins. The pins follow from all changes that are not undone.
"""

from typing import NamedTuple

import numpy as np

from lodespace.errors import RequestError
from lodespace.session.events import Items, Targets

MAX_TARGET = 1e4
"""Largest absolute coordinate of a target, in latent units."""


class Anchor(NamedTuple):
    """Change of pins by one event: items that were pinned, or items whose pins were removed."""

    items: Items
    """Items (K,), ascending. If `targets` is None, an empty array means all pinned items."""
    targets: Targets | None
    """Positions (K, D) at which the items are pinned, in latent units; None removes the pins."""


def check_targets(targets: list[tuple[float, ...]], n_items: int, latent_dim: int) -> Targets:
    """Return the targets of a command as (n_items, latent_dim).

    Raises:
        RequestError: `targets` does not have one point per item, or a coordinate is not finite or
            exceeds MAX_TARGET.
    """
    if len(targets) != n_items or any(len(target) < latent_dim for target in targets):
        raise RequestError(
            f"an anchor needs one target per item, with {latent_dim} numbers per target",
            code="bad_anchor",
        )
    array = np.array([target[:latent_dim] for target in targets], np.float32).reshape(
        n_items, latent_dim
    )
    if not (np.isfinite(array) & (np.abs(array) <= MAX_TARGET)).all():
        raise RequestError(
            f"the targets of an anchor must be finite, with coordinates up to {MAX_TARGET:,.0f}",
            code="bad_anchor",
        )
    return array


class Pins:
    """All anchors (pins of items) by event number, and which of them are not undone.

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
        """Redo the anchor of event `number`. Does nothing for an event without an anchor."""
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
        pins: dict[int, Targets] = {}
        for number in sorted(self._standing):
            items, targets = self._anchors[number]
            if targets is None:
                if len(items) == 0:
                    pins.clear()
                for item in items.tolist():
                    pins.pop(item, None)
            elif targets.shape[1] == latent_dim:
                pins.update(zip(items.tolist(), targets, strict=True))
        items = np.array(sorted(pins), np.uint32)
        targets = np.array([pins[item] for item in items.tolist()], np.float32)
        return items, targets.reshape(len(items), latent_dim)
