"""The interface of the tasks of ParticleLoop."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors


class Task(ABC):
    """One kind of work, with the part of the training state that belongs to this work."""

    short = False
    """Whether a unit takes the same time for any number of items. If so, one turn of the loop does
    several units when there are many items (work_units.py)."""

    @abstractmethod
    def due(self) -> bool:
        """Whether the task has a unit of work to do."""

    @abstractmethod
    def unit(self) -> bool:
        """Do one unit of work. Return whether it changed the latent means that clients see."""

    def tensors(self) -> Tensors:
        """Return the tensors from which this task continues, under their names in a saved state."""
        return {}

    def counters(self) -> dict[str, Any]:
        """Return the numbers from which this task continues, under their names in a saved state."""
        return {}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Restore what `tensors` and `counters` returned. A task without a state does nothing."""
        del tensors, counters
