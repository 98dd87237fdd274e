"""Pins and items held by a drag, in the coordinates that are shown."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.checkpoints.tensors import Tensors


class Pins(NamedTuple):
    """K items that are held in place."""

    items: torch.Tensor
    """int64 (K,), on the CPU."""
    targets: torch.Tensor
    """float32 (K, D), on the CPU, in shown coordinates."""

    @classmethod
    def empty(cls, latent_dim: int) -> "Pins":
        """No pins in a space of `latent_dim` dimensions."""
        return cls(torch.empty(0, dtype=torch.int64), torch.empty(0, latent_dim))

    @classmethod
    def checked(
        cls, items: torch.Tensor, targets: npt.NDArray[np.floating], latent_dim: int
    ) -> "Pins":
        """Pins of `items` int64 (K,) at `targets` (K, D).

        Raises:
            ValueError: when the targets are not finite points of this space.
        """
        if targets.shape != (len(items), latent_dim) or not np.isfinite(targets).all():
            raise ValueError(f"targets must be finite and ({len(items)}, {latent_dim})")
        return cls(items, torch.from_numpy(targets.astype(np.float32)))

    def equals(self, other: "Pins") -> bool:
        """Whether both hold the same items at the same places."""
        return torch.equal(self.items, other.items) and torch.equal(self.targets, other.targets)


class Pinning:
    """Pins that stay until they are changed, and items that a drag holds at this moment."""

    def __init__(self, latent_dim: int) -> None:
        self.given = Pins.empty(latent_dim)
        """Pins that stay."""
        self.held: Pins | None = None
        """Items of the drag in progress, which take the place of their own pins."""

    @property
    def active(self) -> bool:
        """Whether any item is held in place."""
        return len(self.given.items) > 0 or self.held is not None

    def set_pins(self, pins: Pins) -> bool:
        """Replace all pins and end a drag. Returns whether anything changed."""
        if self.held is None and self.given.equals(pins):
            return False
        self.given, self.held = pins, None
        return True

    def drag(self, pins: Pins) -> bool:
        """Hold the items of `pins` beside the pins; no items end the drag.

        Returns whether anything may have changed.
        """
        if len(pins.items) == 0 and self.held is None:
            return False
        self.held = pins if len(pins.items) else None
        return True

    def clear(self, latent_dim: int) -> None:
        """Remove all pins and end a drag, in a space of `latent_dim` dimensions from now on."""
        self.given, self.held = Pins.empty(latent_dim), None

    def current(self) -> Pins:
        """All items that are held in place: pins, and the items of a drag."""
        if self.held is None:
            return self.given
        resting = ~torch.isin(self.given.items, self.held.items)
        return Pins(
            torch.cat([self.given.items[resting], self.held.items]),
            torch.cat([self.given.targets[resting], self.held.targets]),
        )

    def tensors(self) -> Tensors:
        """The pins that stay; a drag is not part of a saved state."""
        return {"given_items": self.given.items, "given_pins": self.given.targets}

    def load(self, tensors: Mapping[str, torch.Tensor], latent_dim: int) -> None:
        """Replace all pins by saved ones. States of early versions lack them."""
        self.clear(latent_dim)
        if "given_items" in tensors:
            self.given = Pins(tensors["given_items"].clone(), tensors["given_pins"].clone())
