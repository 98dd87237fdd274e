"""The interface of the tasks of ParticleLoop."""

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
        """Return the tensors from which this task continues, by their names in a saved state."""
        return {}

    def counters(self) -> dict[str, Any]:
        """Return the numbers from which this task continues."""
        return {}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Continue from a saved state. Does nothing in a task without a state."""
        del tensors, counters
