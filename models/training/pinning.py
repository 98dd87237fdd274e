"""Pins, and the items that a drag holds, in shown coordinates."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.display.coordinates import model_from_shown
from lodespace.models.training.loop import Loop


class Pins(NamedTuple):
    """K items that are held in place."""

    items: torch.Tensor
    """Items that are held, int64 (K,), on the CPU."""
    targets: torch.Tensor
    """Positions at which the items are held, float32 (K, D), on the CPU, in shown coordinates."""

    @classmethod
    def empty(cls, latent_dim: int) -> "Pins":
        """Return an empty set of pins in `latent_dim` dimensions."""
        return cls(torch.empty(0, dtype=torch.int64), torch.empty(0, latent_dim))

    @classmethod
    def checked(
        cls, items: torch.Tensor, targets: npt.NDArray[np.floating], latent_dim: int
    ) -> "Pins":
        """Return pins of `items` int64 (K,) at `targets` (K, D).

        Raises:
            ValueError: when the targets are not finite, or do not have the shape
                (K, `latent_dim`).
        """
        if targets.shape != (len(items), latent_dim) or not np.isfinite(targets).all():
            raise ValueError(
                f"targets must be finite and have the shape ({len(items)}, {latent_dim})"
            )
        return cls(items, torch.from_numpy(targets.astype(np.float32)))

    def among(self, items: torch.Tensor) -> "Pins":
        """Return the pins of those items that are in `items`, int64 (K,)."""
        chosen = torch.isin(self.items, items)
        return Pins(self.items[chosen], self.targets[chosen])

    def equals(self, other: "Pins") -> bool:
        """Whether both the items and the targets equal those of `other`."""
        return torch.equal(self.items, other.items) and torch.equal(self.targets, other.targets)


class Pinning:
    """The pins, which stay until a command changes them, and the items of a drag in progress."""

    def __init__(self, latent_dim: int) -> None:
        self.given = Pins.empty(latent_dim)
        """The pins."""
        self.held: Pins | None = None
        """Items of the current drag, and the positions that hold them; None if there is no drag.

        Pins of these items have no effect during the drag.
        """

    @property
    def active(self) -> bool:
        """Whether at least one item is held, by a pin or by a drag."""
        return len(self.given.items) > 0 or self.held is not None

    def set_pins(self, pins: Pins) -> bool:
        """Replace all pins and end a drag. Return False if the call changed nothing."""
        if self.held is None and self.given.equals(pins):
            return False
        self.given, self.held = pins, None
        return True

    def drag(self, pins: Pins) -> bool:
        """Hold the items of `pins` in addition to the current pins. Without items, end the drag.

        Return whether the held items or their targets may have changed.
        """
        if len(pins.items) == 0 and self.held is None:
            return False
        self.held = pins if len(pins.items) else None
        return True

    def clear(self, latent_dim: int) -> None:
        """Remove all pins, end a drag, and continue in `latent_dim` dimensions."""
        self.given, self.held = Pins.empty(latent_dim), None

    def current(self) -> Pins:
        """Return all items that are held in place: pins, and the items of a drag."""
        if self.held is None:
            return self.given
        kept = ~torch.isin(self.given.items, self.held.items)
        return Pins(
            torch.cat([self.given.items[kept], self.held.items]),
            torch.cat([self.given.targets[kept], self.held.targets]),
        )

    def changes_held(self, pins: Pins) -> bool:
        """Whether `pins` and the current pins differ for an item that the current drag holds."""
        if self.held is None:
            return False
        return not pins.among(self.held.items).equals(self.given.among(self.held.items))

    def pass_to(self, loop: Loop, shown: torch.Tensor | None) -> None:
        """Pass all held items to `loop`, in the coordinates of the model.

        `shown` is the last frame, (N, D).
        """
        items, targets = self.current()
        model = model_from_shown(targets.to(loop.device), shown, loop.latent_mean, loop.contraction)
        loop.set_anchors(items, model)

    def tensors(self) -> Tensors:
        """Return the pins for a saved state. A drag is not part of a saved state."""
        return {"given_items": self.given.items, "given_pins": self.given.targets}

    def load(self, tensors: Mapping[str, torch.Tensor], latent_dim: int) -> None:
        """Replace all pins by the pins of a saved state. States of older versions have no pins."""
        self.clear(latent_dim)
        if "given_items" in tensors:
            self.given = Pins(tensors["given_items"].clone(), tensors["given_pins"].clone())
