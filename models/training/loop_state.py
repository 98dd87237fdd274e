"""Inputs, random numbers and measurements that a loop shares with its units of work."""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.config import TrainingConfig
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.training.labels import ItemLabels


class LoopState:
    """Inputs that commands set for the units of work, and figures that the units measure."""

    def __init__(
        self, n_items: int, config: TrainingConfig, n_classes: int, seed: int, device: torch.device
    ) -> None:
        self.config = config
        """Configuration in force."""
        self.n_classes = n_classes
        """Number of classes."""
        self.labels = ItemLabels.of(torch.full((n_items,), UNLABELED, dtype=torch.int64))
        """Labels of all items."""
        self.priority = torch.empty(0, dtype=torch.int64)
        """Items int64 (K,) that a person looks at, which are updated first."""
        self.epoch_target: int | None = None
        """Epochs of the encoder at which a bake ends; None for a training without end."""
        self.device = device
        """Device of the tensors of items."""
        self.generator = torch.Generator().manual_seed(seed)
        """Random numbers on the CPU, for batches."""
        self.device_generator = torch.Generator(device).manual_seed(seed + 1)
        """Random numbers on the device, for noise, augmentation and the sampled repelling items."""
        self.losses: dict[str, float] = {}
        """Newest value of each term, unweighted, in nats."""
        self.metrics: dict[str, float] = {}
        """Newest value of figures that are not losses."""
        self.step = 0
        """Units of work done."""

    def tensors(self) -> Tensors:
        """Return the labels and the states of the generators."""
        return {
            **self.labels.tensors(),
            "generator": self.generator.get_state(),
            "device_generator": self.device_generator.get_state(),
        }

    def counters(self) -> dict[str, Any]:
        """Return the measurements and the number of units of work done."""
        return {"losses": self.losses, "metrics": self.metrics, "step": self.step}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Continue from a saved state."""
        self.labels = ItemLabels.load(tensors)
        self.generator.set_state(tensors["generator"].clone())
        if self.device.type == "cpu" or "device_generator" in tensors:
            self.device_generator.set_state(tensors["device_generator"].clone())
        self.losses = dict(counters["losses"])
        self.metrics = dict(counters["metrics"])
        self.step = int(counters["step"])
