"""Which items are pinned where: the sum of the anchors that stand. Pure state."""

from typing import NamedTuple

import numpy as np

from lodespace.errors import RequestError
from lodespace.session.events import Items, Targets

MAX_TARGET = 1e4
"""Largest absolute coordinate of a target, in latent units."""


class Anchor(NamedTuple):
    """Items that were pinned, or whose pins were removed, by one event."""

    items: Items
    """Items (K,), ascending. Without targets, no items stand for all pinned items."""
    targets: Targets | None
    """Where the items are held (K, D), in latent units; None when their pins are removed."""


def check_targets(targets: list[tuple[float, ...]], n_items: int, latent_dim: int) -> Targets:
    """Return the targets of a command as (K, D).

    Raises:
        RequestError: They are not one finite point per item.
    """
    if len(targets) != n_items or any(len(target) < latent_dim for target in targets):
        raise RequestError(
            f"an anchor needs one target of {latent_dim} numbers per item", code="bad_anchor"
        )
    array = np.array([target[:latent_dim] for target in targets], np.float32).reshape(
        n_items, latent_dim
    )
    if not (np.isfinite(array) & (np.abs(array) <= MAX_TARGET)).all():
        raise RequestError(
            f"the targets of an anchor must be finite, at most {MAX_TARGET:,.0f} latent units",
            code="bad_anchor",
        )
    return array


class Pins:
    """All anchors by event number, and which of them stand. Newer anchors take precedence."""

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
        """Let anchor `number` no longer stand."""
        self._standing.discard(number)
        self._version += 1

    def redo(self, number: int) -> None:
        """Let anchor `number` stand again. An action that pinned nothing has no anchor."""
        if number in self._anchors:
            self._standing.add(number)
            self._version += 1

    def held(self, latent_dim: int) -> tuple[Items, Targets]:
        """Return the pinned items (K,), ascending, and their targets (K, latent_dim).

        Anchors of another dimension do not hold. The arrays are computed once per change: do not
        modify them.
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
