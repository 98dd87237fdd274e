"""The interface of one kind of work."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors


class Task(ABC):
    """One kind of work, with the part of the training state that belongs to it."""

    @abstractmethod
    def due(self) -> bool:
        """Whether a unit is due."""

    @abstractmethod
    def unit(self) -> bool:
        """Do one unit. Returns whether the latent means to show have changed."""

    def tensors(self) -> Tensors:
        """Tensors from which this task continues, by their names in a saved state."""
        return {}

    def counters(self) -> dict[str, Any]:
        """Numbers from which this task continues."""
        return {}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Continue from a saved state. A task without one does nothing."""
        del tensors, counters
