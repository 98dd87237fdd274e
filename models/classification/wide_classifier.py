"""The wide classifier: a feature network with a linear layer, trained on labels.

The class probabilities determine the edge weights of the neighbour graph, and predict the classes
of items without a label.
"""

import torch
import torch.nn.functional as F
from torch import nn

from lodespace.models.batches import class_frequency, drawn
from lodespace.models.checkpoints.tensors import adam
from lodespace.models.dataset import Dataset
from lodespace.models.features.augmentation import light
from lodespace.models.features.network import WIDTH, FeatureNetwork
from lodespace.models.item_predictions import UNLABELED
from lodespace.models.vae.losses import classification_loss

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
        self.augmentation = light(dataset.content)
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
        # The labels stay the same for dozens of steps, and a pass over a million items takes 40 ms.
        if known is None or known.labels is not labels or known.verified is not verified:
            known = self._batches = BalancedBatches(labels, verified)
        items = known.draw(generator)
        if len(items) == 0:
            return None
        device = self.dataset.device
        x = self.augmentation(self.dataset.batch(items.to(device)), self.generator)
        logits = self.output(self.network(x))
        loss = classification_loss(logits, labels[items].to(device), weights[items].to(device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())

    @torch.no_grad()
    def probabilities(self, items: torch.Tensor | slice) -> tuple[torch.Tensor, torch.Tensor]:
        """Return class probabilities (B, C) and features (B, WIDTH) of unaugmented items."""
        features = self.features(items)
        return F.softmax(self.output(features), dim=1), features

    @torch.no_grad()
    def features(self, items: torch.Tensor | slice) -> torch.Tensor:
        """Return features (B, WIDTH) of unaugmented items."""
        return self.network(self.dataset.batch(items))


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
