"""Class probabilities of all items, with at most 8 bits per class if the items are many.

Three arrays of class probabilities are part of each training state. With a million items and 10
classes, each takes 40 MB as floats, of which the last bits cannot be compressed. Therefore the
probabilities of many items are multiples of a step per item. In a state, an item has one byte per
class and its step.

Fine probabilities have a step of 1/255 of the largest probability of the item. Coarse ones have a
step of 1/64 of the next power of two above the largest probability, so they have 6 bits, and few
different steps. A snapshot has them in half the space.

A step is a multiple of 1 / STEPS, so the probabilities are exact in single precision. Training that
continues from a loaded state therefore gives the same bytes.
"""

from collections.abc import Mapping

import torch

from lodespace.models.checkpoints.derived_predictions import LEVELS, STEPS
from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.decisions import with_classes

MANY = 100_000
"""The probabilities of more than this number of items have 8 bits per class."""
COARSE_LEVELS = 64
"""Number of steps from 0 to the next power of two above the largest probability of an item."""
_POWERS = [2.0**exponent for exponent in range(-20, 1)]
"""Powers of two. They are not computed by torch, because powers that a GPU computes can be inexact.
With 8191.9995 instead of 8192, the stored step would be 8191."""


class ClassProbabilities:
    """Class probabilities of N items."""

    def __init__(
        self, n: int, n_classes: int, device: torch.device, *, coarse: bool = False
    ) -> None:
        """Start with equal probabilities of `n_classes` classes.

        If `coarse`, the probabilities of many items have 6 bits instead of 8.
        """
        first = torch.full((1, n_classes), 1 / n_classes, device=device)
        self._coded = n > MANY
        self._code = coarsely_coded if coarse else coded
        if self._coded:
            code, step, first = self._code(first)
            self._codes, self._steps = code.repeat(n, 1), step.repeat(n)
        else:
            self._codes = torch.empty(0, n_classes, dtype=torch.uint8, device=device)
            self._steps = torch.empty(0, dtype=torch.int16, device=device)
        self.values = first.repeat(n, 1)
        """The probabilities, float32 (N, C). Only `put` changes them."""

    def put(self, items: torch.Tensor, probabilities: torch.Tensor) -> torch.Tensor:
        """Set the probabilities (B, C) of `items` int64 (B,). Return them as they are stored."""
        if self._coded:
            self._codes[items], self._steps[items], probabilities = self._code(probabilities)
        self.values[items] = probabilities
        return probabilities

    def set_class_count(self, n_classes: int) -> None:
        """Continue with another number of classes. New classes have probability 0."""
        self.values = with_classes(self.values, n_classes)
        self._codes = with_classes(self._codes, n_classes)

    def tensors(self, name: str) -> Tensors:
        """Return the probabilities as tensors of a saved state, whose names begin with `name`."""
        if self._coded:
            return {f"{name}_codes": self._codes, f"{name}_steps": self._steps}
        return {name: self.values}

    def load(self, name: str, tensors: Mapping[str, torch.Tensor]) -> bool:
        """Restore what `tensors` returned. Returns False, and changes nothing, if it is missing.

        States of older versions have floats for any number of items.
        """
        device, codes = self.values.device, tensors.get(f"{name}_codes")
        if codes is not None:
            self._codes = codes.clone().to(device)
            self._steps = tensors[f"{name}_steps"].clone().to(device)
            self.values = decoded(self._codes, self._steps)
            return True
        if name not in tensors:
            return False
        self.values = tensors[name].clone().to(device)
        if self._coded:
            self._codes, self._steps, self.values = self._code(self.values)
        return True


def coded(probabilities: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return codes uint8 (B, C) and steps int16 (B,) for probabilities (B, C).

    Also return the probabilities that the codes and steps stand for, (B, C).
    """
    steps = (probabilities.amax(dim=1) * (STEPS / LEVELS)).ceil_().clamp_(1, STEPS // LEVELS)
    return _with_steps(probabilities, steps)


def coarsely_coded(
    probabilities: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return codes, steps and values as `coded` does, with fewer bits."""
    powers = torch.tensor(_POWERS, device=probabilities.device)
    above = torch.bucketize(probabilities.amax(dim=1), powers).clamp_max_(len(powers) - 1)
    steps = (powers[above] * (STEPS // COARSE_LEVELS)).clamp_min_(1)
    return _with_steps(probabilities, steps)


def _with_steps(
    probabilities: torch.Tensor, steps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the nearest multiples of `steps` (B,), in units of 1 / STEPS, as `coded` does."""
    codes = (probabilities * (STEPS / steps)[:, None]).round_().clamp_max_(LEVELS)
    values = codes * (steps / STEPS)[:, None]
    return codes.to(torch.uint8), steps.to(torch.int16), values


def decoded(codes: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Return the probabilities (B, C) of codes (B, C) and steps (B,)."""
    return codes.float().mul_((steps.float() / STEPS)[:, None])
