"""Features learned without labels, by recognising two views of the same item.

The method is SimCLR (T. Chen et al. 2020). As in that paper, self-supervised learning comes first,
and labels are used afterwards. The neighbour graph is built from these features together with the
principal components, because either of the two alone gives a worse graph.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from lodespace.models.batches import Epochs
from lodespace.models.checkpoints.tensors import (
    Tensors,
    adam,
    adam_tensors,
    load_adam,
    load_module,
    module_tensors,
)
from lodespace.models.dataset import Dataset
from lodespace.models.features.augmentation import strong
from lodespace.models.features.network import WIDTH, FeatureNetwork

TEMPERATURE = 0.2
BATCH_SIZE = 192
LEARNING_RATE = 2e-3


def nt_xent(projections: torch.Tensor, temperature: float = TEMPERATURE) -> torch.Tensor:
    """Return the normalised temperature-scaled cross-entropy, a scalar in nats.

    `projections` is (2B, P). Rows i and B + i are views of the same item.
    """
    z = F.normalize(projections, dim=1)
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(-math.inf)
    b = len(z) // 2
    partner = torch.arange(2 * b, device=z.device).roll(b)
    return F.cross_entropy(similarity, partner)


class SelfSupervision:
    """Trains a FeatureNetwork one batch at a time, so that other work can run in between."""

    def __init__(
        self, dataset: Dataset, generator: torch.Generator, device_generator: torch.Generator
    ) -> None:
        """Prepare to train on `dataset`.

        `generator` is on the CPU, and `device_generator` is on the device of the data set.
        """
        self.dataset = dataset
        self.augmentation = strong(dataset.content)
        self.network = FeatureNetwork(dataset)
        """The network that learns features."""
        self.projection = nn.Sequential(
            nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True), nn.Linear(WIDTH, 32)
        )
        device = dataset.device
        self.network.to(device)
        self.projection.to(device)
        parameters = [*self.network.parameters(), *self.projection.parameters()]
        self.optimiser = adam(parameters, LEARNING_RATE)
        self.epochs = Epochs(len(dataset), BATCH_SIZE, generator)
        self.generator = device_generator
        self.steps_done = 0
        """Number of batches that the network has been trained on."""

    def step(self) -> float:
        """Train one batch. Returns the loss, in nats."""
        x = self.dataset.batch(self.epochs.next().to(self.dataset.device))
        views = self.augmentation(torch.cat([x, x]), self.generator)
        self.network.train()
        projections = self.projection(self.network(views))
        self.network.eval()
        loss = nt_xent(projections)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.steps_done += 1
        return float(loss.detach())

    # Checkpoints ------------------------------------------------------------------------------

    def tensors(self, *, unfinished: bool) -> Tensors:
        """Return the tensors of the network.

        If `unfinished`, include the tensors that only training needs.
        """
        tensors = module_tensors("features", self.network)
        if unfinished:
            tensors |= module_tensors("projection", self.projection)
            tensors |= adam_tensors("features_adam", self.optimiser)
            tensors["features_epoch_order"] = self.epochs.order.to(torch.int32)
        return tensors

    def counters(self) -> dict[str, Any]:
        """Return the numbers of a saved state: steps done, and position in the epoch."""
        return {"feature_steps": self.steps_done, "features_epoch_position": self.epochs.position}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Restore what the methods `tensors` and `counters` returned."""
        load_module("features", self.network, tensors)
        self.steps_done = counters["feature_steps"]
        if "features_epoch_order" in tensors:
            load_module("projection", self.projection, tensors)
            load_adam("features_adam", self.optimiser, tensors)
            self.epochs.order = tensors["features_epoch_order"].to(torch.int64, copy=True)
            self.epochs.position = counters["features_epoch_position"]
