"""The wide classifier: a feature network with a linear layer, trained on labels.

The class probabilities determine the edge weights of the neighbour graph, and predict the classes
of items without a label.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from lodespace.models.batches import class_frequency, drawn, drawn_seed
from lodespace.models.checkpoints.tensors import adam
from lodespace.models.dataset import Dataset
from lodespace.models.features.augmentation import light
from lodespace.models.features.network import WIDTH, FeatureNetwork
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.shared_items import ALIKE
from lodespace.models.vae.losses import classification_loss
from lodespace.models.workers.jobs import GradientJob, OutputJob, Values
from lodespace.models.workers.team import Team

NETWORK = "classifier"
"""Name of the layers in `Team.held`."""
BATCH_SIZE = 96
LEARNING_RATE = 2e-3
LABEL_CERTAINTY = 0.9
"""Weight of the label in the class probabilities of an item. The prediction has the remaining
weight, because labels may be wrong.
"""


class WideClassifier:
    """Feature network and linear layer, trained in single steps on class-balanced, augmented
    batches.

    The optimiser's state is kept between gestures.
    """

    def __init__(
        self,
        dataset: Dataset,
        network: FeatureNetwork,
        n_classes: int,
        device_generator: torch.Generator,
    ) -> None:
        """Build a classifier on `network`, which may be pretrained.

        `device_generator` is on the device of `dataset`.
        """
        self.dataset = dataset
        self.network = network
        self.generator = device_generator
        self.output = nn.Linear(WIDTH, n_classes).to(dataset.device)
        self._batches: BalancedBatches | None = None
        self._start_optimiser()

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return self.output.out_features

    def set_class_count(self, n_classes: int) -> None:
        """Change the number of classes. Keeps the weights of existing classes; restarts Adam."""
        if n_classes == self.n_classes:
            return
        wider = nn.Linear(WIDTH, n_classes).to(self.dataset.device)
        shared = min(n_classes, self.n_classes)
        with torch.no_grad():
            wider.weight[:shared] = self.output.weight[:shared]
            wider.bias[:shared] = self.output.bias[:shared]
        self.output = wider
        self._start_optimiser()

    def _start_optimiser(self) -> None:
        parameters = [*self.network.parameters(), *self.output.parameters()]
        self.optimiser = adam(parameters, LEARNING_RATE)

    def step(
        self,
        labels: torch.Tensor,
        weights: torch.Tensor,
        verified: torch.Tensor,
        generator: torch.Generator,
    ) -> float | None:
        """Train one batch.

        Args:
            labels: int64 (N,), UNLABELED for an item without a label.
            weights: weight of each label, float32 (N,).
            verified: whether a person looked at each item individually, bool (N,).
            generator: random generator on the CPU. The labels are also on the CPU.

        Returns:
            The loss, or None if there are no labels.
        """
        known = self._batches
        # The batches are cached: the labels stay the same for dozens of steps, and a pass over a
        # million items takes 40 ms.
        if known is None or known.labels is not labels or known.verified is not verified:
            known = self._batches = BalancedBatches(labels, verified)
        items = known.draw(generator)
        if len(items) == 0:
            return None
        batch, team = LabelledBatch(items, labels[items], weights[items]), self.dataset.team
        self.optimiser.zero_grad(set_to_none=True)
        if team is None:
            loss = batch.loss(self.layers, self.dataset, self.generator)
            loss.backward()
        else:
            team.held[NETWORK] = self.layers
            job = LabelledJob(self.n_classes, batch, drawn_seed(generator))
            loss = team.do(job)["loss"]
        self.optimiser.step()
        return float(loss.detach())

    @property
    def layers(self) -> nn.Sequential:
        """The feature network, then the linear layer."""
        return nn.Sequential(self.network, self.output)

    @torch.no_grad()
    def probabilities(self, items: torch.Tensor | slice) -> tuple[torch.Tensor, torch.Tensor]:
        """Return class probabilities (B, C) and features (B, WIDTH) of unaugmented items."""
        features = self.features(items)
        return F.softmax(self.output(features), dim=1), features

    def probabilities_by(
        self, team: Team, items: torch.Tensor, at_once: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `probabilities` of items int64 (B,), of which each process predicts a part.

        `at_once` is the number of items that pass through the network at once.
        """
        team.held[NETWORK] = self.layers
        found = team.do(PredictJob(items, at_once, self.n_classes))
        return found[:, : self.n_classes], found[:, self.n_classes :]

    @torch.no_grad()
    def features(self, items: torch.Tensor | slice) -> torch.Tensor:
        """Return features (B, WIDTH) of unaugmented items."""
        return self.network(self.dataset.batch(items))


class LabelledBatch(NamedTuple):
    """B labelled items. All tensors are on the CPU."""

    items: torch.Tensor
    """Items int64 (B,)."""
    labels: torch.Tensor
    """Their classes, int64 (B,)."""
    weights: torch.Tensor
    """Weight of each label, float32 (B,)."""

    def loss(
        self, layers: nn.Sequential, dataset: Dataset, generator: torch.Generator
    ) -> torch.Tensor:
        """Return the classification loss of augmented items.

        `generator` is on the device of `dataset`.
        """
        device = dataset.device
        x = light(dataset.content)(dataset.batch(self.items.to(device)), generator)
        return classification_loss(layers(x), self.labels.to(device), self.weights.to(device))


@dataclass
class LabelledJob(GradientJob):
    """Computes the gradient of the loss of one batch, of which each process has a part."""

    network = NETWORK
    n_classes: int
    """Number of classes."""
    batch: LabelledBatch
    """The batch of all processes."""
    seed: int
    """Seed of the augmentation. Each process adds its number."""

    def built(self, team: Team) -> nn.Sequential:
        return _layers_for(team, self.n_classes)

    def layers(self) -> int:
        return self.n_classes

    def backward(self, team: Team, network: nn.Sequential) -> Values:
        share = LabelledBatch(*(values.tensor_split(team.size)[team.rank] for values in self.batch))
        generator = torch.Generator(team.device).manual_seed(self.seed + team.rank)
        loss = share.loss(network, team.held[ALIKE], generator)
        # The loss is a mean over the weights of its items.
        loss = loss * float(share.weights.sum() / self.batch.weights.sum().clamp_min(1e-8))
        loss.backward()
        return {"loss": loss}


def _layers_for(team: Team, n_classes: int) -> nn.Sequential:
    """Return a new feature network for the items, and a linear layer."""
    return nn.Sequential(FeatureNetwork(team.held[ALIKE]), nn.Linear(WIDTH, n_classes))


@dataclass
class PredictJob(OutputJob):
    """Computes the class probabilities and the features of items, in this order of columns."""

    network = NETWORK
    n_classes: int
    """Number of classes."""

    def built(self, team: Team) -> nn.Sequential:
        return _layers_for(team, self.n_classes)

    def layers(self) -> int:
        return self.n_classes

    def rows(self, team: Team, network: nn.Sequential, items: torch.Tensor) -> torch.Tensor:
        features, output = network
        found = features(team.held[ALIKE].batch(items))
        return torch.cat([F.softmax(output(found), dim=1), found], dim=1)


class BalancedBatches:
    """Batches of labelled items, in which all classes are equally frequent.

    In each class, half of the drawn items are verified, even if the class has few verified items. A
    lasso labels hundreds of similar items, but a contact sheet labels only 27 items, which are
    varied. Without this rule, items of a contact sheet would rarely be in a batch.
    """

    def __init__(self, labels: torch.Tensor, verified: torch.Tensor) -> None:
        """Prepare batches of `labels`, int64 (N,), UNLABELED for an item without a label.

        `verified` is whether a person looked at each item individually, bool (N,).
        """
        self.labels, self.verified = labels, verified
        self._items = torch.nonzero(labels != UNLABELED).squeeze(1)
        own = labels[self._items]
        weight = torch.zeros(len(own), dtype=torch.float64)
        looked_at = verified[self._items]
        for group in (looked_at, ~looked_at):
            count = torch.bincount(own[group])
            weight[group] = 1 / count[own[group]].double()
        self._frequency = class_frequency(own, weight)

    def draw(self, generator: torch.Generator) -> torch.Tensor:
        """Draw items int64 (BATCH_SIZE,), or no item if there are no labels."""
        if len(self._items) == 0:
            return self._items
        return self._items[drawn(self._frequency, BATCH_SIZE, generator)]
