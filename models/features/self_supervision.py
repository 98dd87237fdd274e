"""Features learned without labels, by recognising two views of the same item.

The method is SimCLR (T. Chen et al. 2020). As in that paper, self-supervised learning comes first,
and labels are used afterwards. The neighbour graph is built from these features together with the
principal components, because either of the two alone gives a worse graph.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from lodespace.models.batches import Epochs, drawn_seed
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
from lodespace.models.shared_items import ALIKE
from lodespace.models.workers.jobs import GradientJob, Values
from lodespace.models.workers.team import Team

NETWORK = "features"
"""Name of network and projection in `Team.held`."""

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


def projected(
    both: nn.ModuleList, dataset: Dataset, items: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """Return the projections (2B, P) of two random views of each item.

    Args:
        both: the feature network and the projection.
        dataset: the items.
        items: items int64 (B,), on the CPU.
        generator: random generator on the device of the data set.
    """
    network, projection = both
    x = dataset.batch(items.to(dataset.device))
    views = strong(dataset.content)(torch.cat([x, x]), generator)
    network.train()
    found = projection(network(views))
    network.eval()
    return found


def with_projection(network: FeatureNetwork) -> nn.ModuleList:
    """Return `network`, and a new projection of its features (B, WIDTH) to (B, 32)."""
    projection = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True), nn.Linear(WIDTH, 32))
    return nn.ModuleList([network, projection])


@dataclass
class ViewsJob(GradientJob):
    """Computes the gradient of the loss of one batch, of which each process has a part.

    Each view is compared with the views of all processes, so the loss is the same as that of a
    single process. In each process, the projections of the other processes are constants. Each
    process computes the gradient with respect to its own projections.
    """

    network = NETWORK
    items: torch.Tensor
    """Items of the batch, int64 (B,)."""
    seed: int
    """Seed of the views. Each process adds its number."""

    def built(self, team: Team) -> nn.ModuleList:
        return with_projection(FeatureNetwork(team.held[ALIKE]))

    def backward(self, team: Team, network: nn.ModuleList) -> Values:
        shares = self.items.tensor_split(team.size)
        generator = torch.Generator(team.device).manual_seed(self.seed + team.rank)
        own = projected(network, team.held[ALIKE], shares[team.rank], generator)
        every = team.all_parts(own.detach(), [2 * len(share) for share in shares])
        every[team.rank] = own
        first, second = zip(*(part.chunk(2) for part in every), strict=True)
        loss = nt_xent(torch.cat([*first, *second]))
        loss.backward()
        return {"loss": loss / team.size}


class SelfSupervision:
    """Trains a FeatureNetwork one batch at a time, so that other work can run in between."""

    def __init__(
        self, dataset: Dataset, generator: torch.Generator, device_generator: torch.Generator
    ) -> None:
        """Prepare to train on `dataset`.

        `generator` is on the CPU, and `device_generator` is on the device of the data set.
        """
        self.dataset = dataset
        self.network = FeatureNetwork(dataset)
        """The network that learns features."""
        self.both = with_projection(self.network).to(dataset.device)
        """Network and projection."""
        self.projection = self.both[1]
        self.optimiser = adam(list(self.both.parameters()), LEARNING_RATE)
        self.epochs = Epochs(len(dataset), BATCH_SIZE, generator)
        self.generator = device_generator
        self.steps_done = 0
        """Number of batches that the network has been trained on."""

    def step(self) -> float:
        """Train one batch. Returns the loss, in nats."""
        items, team = self.epochs.next(), self.dataset.team
        self.optimiser.zero_grad(set_to_none=True)
        if team is None or len(items) < team.size:
            loss = nt_xent(projected(self.both, self.dataset, items, self.generator))
            loss.backward()
        else:
            team.held[NETWORK] = self.both
            seed = drawn_seed(self.epochs.generator)
            loss = team.do(ViewsJob(items, seed))["loss"]
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
            tensors |= self.epochs.tensors("features_epoch")
        return tensors

    def counters(self) -> dict[str, Any]:
        """Return the numbers of a saved state: steps done, and position in the epoch."""
        return {"feature_steps": self.steps_done, "features_epoch_position": self.epochs.position}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        """Restore what the methods `tensors` and `counters` returned."""
        load_module("features", self.network, tensors)
        self.steps_done = counters["feature_steps"]
        if "features_epoch_order" in tensors or "features_epoch_seed" in tensors:
            load_module("projection", self.projection, tensors)
            load_adam("features_adam", self.optimiser, tensors)
            self.epochs.load("features_epoch", tensors, counters["features_epoch_position"])
