"""Inputs, random numbers and measurements that a loop shares with its tasks."""

from collections.abc import Mapping
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.config import TrainingConfig
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.training.axis_values import AxisValues
from lodespace.models.training.labels import ItemLabels


class LoopState:
    """Inputs of training, which commands set, and measurements, which training sets."""

    def __init__(
        self, n_items: int, config: TrainingConfig, n_classes: int, seed: int, device: torch.device
    ) -> None:
        self.config = config
        """Current configuration."""
        self.n_classes = n_classes
        """Number of classes."""
        self.labels = ItemLabels.of(torch.full((n_items,), UNLABELED, dtype=torch.int64))
        """Labels of all items."""
        self.axes = AxisValues.none(n_items)
        """Named axes of the map, and their values."""
        self.priority = torch.empty(0, dtype=torch.int64)
        """Items that a person looks at, int64 (K,). Work on these items comes before other items.
        """
        self.epoch_target: int | None = None
        """Number of encoder epochs after which training ends; None for a training without end."""
        self.device = device
        """Device on which the items and the networks are."""
        self.generator = torch.Generator().manual_seed(seed)
        """Generator on the CPU, which draws batches."""
        self.device_generator = torch.Generator(device).manual_seed(seed + 1)
        """Random generator on `device`, for noise, augmentations and samples of repelling items."""
        self.losses: dict[str, float] = {}
        """Newest unweighted value of each term of the loss, in nats."""
        self.metrics: dict[str, float] = {}
        """Newest value of each measurement that is not a loss."""
        self.step = 0
        """Number of units of work (training steps of about 20 ms) that are done."""

    def tensors(self) -> Tensors:
        """Return labels, values of axes, and the states of the random number generators."""
        return {
            **self.labels.tensors(),
            **self.axes.tensors(),
            "generator": self.generator.get_state(),
            "device_generator": self.device_generator.get_state(),
        }

    def counters(self) -> dict[str, Any]:
        """Return the measurements and the number of units of work done."""
        return {"losses": self.losses, "metrics": self.metrics, "step": self.step}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Restore what the methods `tensors` and `counters` returned."""
        self.labels = ItemLabels.load(tensors)
        self.axes = AxisValues.load(tensors, len(self.labels.classes))
        self.generator.set_state(tensors["generator"].clone())
        state = tensors["device_generator"]
        if len(state) == len(self.device_generator.get_state()):
            self.device_generator.set_state(state.clone())
        else:
            # The state was stored on another kind of device. Examples are the bundled demo, and a
            # project that was moved to a machine with a GPU. The new seed depends on the step, so
            # that the noise of earlier steps is not repeated.
            seed = self.generator.initial_seed() + 1 + int(counters["step"])
            self.device_generator.manual_seed(seed)
        self.losses = dict(counters["losses"])
        self.metrics = dict(counters["metrics"])
        self.step = int(counters["step"])
