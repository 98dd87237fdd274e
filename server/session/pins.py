"""Which items are pinned where: the sum of the anchors that stand. Pure state."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lodespace.errors import RequestError

MAX_TARGET = 1e4


class Anchor(NamedTuple):
    """items uint32 (K,), ascending; targets float32 (K, D), or None: their pins are taken away (no items: all pins)."""

    items: npt.NDArray[np.uint32]
    targets: npt.NDArray[np.float32] | None


def checked_targets(
    targets: list[tuple[float, ...]], n_items: int, latent_dim: int
) -> npt.NDArray[np.float32]:
    """Targets (K, D) of a command. Raises RequestError when they are not one finite point for each item."""
    if len(targets) != n_items or any(len(target) < latent_dim for target in targets):
        raise RequestError(
            f"an anchor has one target of {latent_dim} numbers for each item", code="bad_anchor"
        )
    array = np.array([target[:latent_dim] for target in targets], np.float32).reshape(
        n_items, latent_dim
    )
    if not (np.isfinite(array) & (np.abs(array) <= MAX_TARGET)).all():
        raise RequestError("an anchor's targets are finite, and in latent units", code="bad_anchor")
    return array


class Pins:
    """The anchors by number. `standing` ones add up, newest last."""

    def __init__(self) -> None:
        self._anchors: dict[int, Anchor] = {}
        self._standing: set[int] = set()

    def add(self, number: int, anchor: Anchor) -> None:
        self._anchors[number] = anchor
        self._standing.add(number)

    def undo(self, number: int) -> None:
        self._standing.discard(number)

    def redo(self, number: int) -> None:
        if number in self._anchors:  # one that was let go pins nothing
            self._standing.add(number)

    def held(self, latent_dim: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
        """Items uint32 (K,), ascending, and where they are held (K, latent_dim). Pins set in another dimension do not hold."""
        pins: dict[int, npt.NDArray[np.float32]] = {}
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
        return items, np.array([pins[i] for i in items.tolist()], np.float32).reshape(
            len(items), latent_dim
        )
