"""The student: a network that predicts as the page does, even for items outside the project.

A mixture of classifiers makes the page's predictions. Some of the classifiers know only the items
of the project. Label spreading, for example, needs the neighbour graph. An exported model must
predict any item. The student is a small network on the features that the mixture uses. It is
trained on the class probabilities that the page shows for all items (distillation; G. Hinton, O.
Vinyals, J. Dean 2015). It does not matter which classifiers these probabilities come from.
docs/model.md has measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from lodespace.models.batches import evenly
from lodespace.models.config import Content
from lodespace.models.dataset import Dataset
from lodespace.models.features.descriptor import descriptor_groups
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.features.views import ViewName, view_names, view_of
from lodespace.models.item_predictions import UNLABELED, ItemPredictions

HIDDEN = 512
"""Number of neurons of the hidden layer."""
ROUNDS = 3
"""From this round on, a lower accuracy (NEEDED) is enough to end the training.

The accuracy is the share of items for which the student predicts the shown class. It is measured
after each round. Before this round, the training ends only if the accuracy is at least WANTED.
"""
MOST_ROUNDS = 6
"""Maximum number of rounds. The training then ends even if the accuracy is below NEEDED."""
EPOCHS_PER_ROUND = 20
"""Epochs per round. In each round, the learning rate falls to 0."""
WANTED = 0.99
"""Smallest accuracy at which the training ends before round ROUNDS."""
NEEDED = 0.98
"""Smallest accuracy at which the training ends in round ROUNDS or later."""
MOST_ITEMS = 20_000
"""Maximum number of items that the student is trained on."""
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-2
NOISE = 0.05
"""Standard deviation of the noise that training adds to the features.

The unit is the standard deviation of the features.
"""
BATCH_SIZE = 256
_ENCODED_AT_ONCE = 500
INPUT_SCALE = 3.0
"""Root mean square norm of each group of features after standardisation."""


class Agreement(NamedTuple):
    """How often the student and the page predict the same class."""

    items: int
    """Number of items that were compared."""
    identical: float
    """Share of the items for which the student predicts the class that the page shows."""


@dataclass(frozen=True)
class StudentShape:
    """Sizes from which a student is built before its weights are loaded."""

    descriptor: bool
    """Whether the descriptor of the items (features/descriptor.py) is one of the features."""
    networks: int
    """Number of feature networks."""
    columns: int
    """Number of input features per item: those of the descriptor, the feature networks and the
    views."""
    hidden: int
    """Number of neurons of the hidden layer; 0 if there is no hidden layer."""
    views: tuple[ViewName, ...] = ()
    """Views of the items (features/views.py) among the features."""
    kernels: int = 0
    """Number of convolution kernels per dilation in the view "series"; 0 without this view."""


class Student(nn.Module):
    """Descriptor and feature networks, followed by a network of one hidden layer."""

    def __init__(self, like: Dataset, n_classes: int, shape: StudentShape) -> None:
        """Build layers for items with the shape of the items of `like` (`Dataset.alike`)."""
        super().__init__()
        self.shape = shape
        self.content: Content = like.content
        self.networks = nn.ModuleList(FeatureNetwork(like) for _ in range(shape.networks))
        self.views = nn.ModuleList(view_of(like, name, shape.kernels) for name in shape.views)
        self.register_buffer("mean", torch.zeros(shape.columns))
        self.register_buffer("scale", torch.ones(shape.columns))
        self.mean: torch.Tensor
        self.scale: torch.Tensor
        self.layers = (
            nn.Sequential(
                nn.Linear(shape.columns, shape.hidden),
                nn.ReLU(),
                nn.Linear(shape.hidden, n_classes),
            )
            if shape.hidden
            else nn.Sequential(nn.Linear(shape.columns, n_classes))
        )

    def groups(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of items (B, ...) as groups (B, F).

        Values of different groups cannot be compared, because they have different units.
        """
        described = descriptor_groups(x, self.content) if self.shape.descriptor else []
        return [*described, *(network(x) for network in self.networks), *self.view_groups(x)]

    def view_groups(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of items (B, ...) in the views, as groups (B, F')."""
        return [group for view in self.views for group in view(x)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return class probabilities (B, C) of items (B, ...), which come from `Dataset.alike`."""
        rows = torch.cat(self.groups(x), dim=1)
        return F.softmax(self.layers((rows - self.mean) * self.scale), dim=1)


def distil(
    dataset: Dataset,
    networks: Sequence[FeatureNetwork],
    probabilities: torch.Tensor,
    shown: ItemPredictions[torch.Tensor],
    *,
    seed: int = 0,
) -> tuple[Student, Agreement]:
    """Train a student until it predicts nearly all items as the page does.

    Args:
        dataset: the items that the classifiers read (`Dataset.alike`).
        networks: feature networks that the classifiers use. The student gets copies.
        probabilities: class probabilities of all items, (N, C).
        shown: predictions that the page shows. If an item has another class in `probabilities`
            than on the page, because new predictions are being computed, the student learns the
            shown class.
        seed: seed of the student's weights and batches.
    """
    chosen = evenly(torch.arange(len(dataset)), MOST_ITEMS)
    target = shown_probabilities(probabilities, shown)[chosen.to(probabilities.device)]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        student, rows = _new_student(dataset, networks, chosen, target.shape[1])
        identical = 0.0
        for number in range(1, MOST_ROUNDS + 1):
            _train_round(student.layers, rows, target)
            _round_to_half(student.layers)
            with torch.no_grad():
                same = student.layers(rows).argmax(dim=1) == target.argmax(dim=1)
            identical = float(same.float().mean())
            if identical >= (WANTED if number < ROUNDS else NEEDED):
                break
    return student.eval(), Agreement(len(chosen), identical)


def shown_probabilities(
    probabilities: torch.Tensor, shown: ItemPredictions[torch.Tensor]
) -> torch.Tensor:
    """Return class probabilities (N, C) that agree with the predictions that the page shows.

    The shown class of an item gets the largest probability. The probabilities of an item without a
    shown class do not change.
    """
    known = shown.prediction != UNLABELED
    own = shown.prediction.to(torch.int64).clamp_min(0)
    differs = known & (probabilities.argmax(dim=1) != own)
    certain = F.one_hot(own, probabilities.shape[1]).to(probabilities.dtype)
    # With at least half of the probability, the shown class is the most probable class.
    share = shown.confidence.clamp_min(0.5)[:, None]
    corrected = share * certain + (1 - share) * probabilities
    return torch.where(differs[:, None], corrected, probabilities)


@torch.no_grad()
def _new_student(
    dataset: Dataset, networks: Sequence[FeatureNetwork], items: torch.Tensor, n_classes: int
) -> tuple[Student, torch.Tensor]:
    """Return an untrained student, and the standardised features (K, F) of items int64 (K,)."""
    views = tuple(view_names(dataset))
    kernels = max((view_of(dataset, name).each for name in views), default=0)
    sizes = StudentShape(True, len(networks), 1, 0, views, kernels)
    probe = Student(dataset, 1, sizes).to(dataset.device)
    for mine, theirs in zip(probe.networks, networks, strict=True):
        mine.load_state_dict(theirs.state_dict())
    _round_to_half(probe.networks)
    probe.eval()
    parts = [
        probe.groups(dataset.batch(chunk.to(dataset.device)))
        for chunk in items.split(_ENCODED_AT_ONCE)
    ]
    groups = [torch.cat(group) for group in zip(*parts, strict=True)]
    rows = torch.cat(groups, dim=1)
    shape = replace(sizes, columns=rows.shape[1], hidden=HIDDEN)
    student = Student(dataset, n_classes, shape).to(dataset.device)
    student.networks.load_state_dict(probe.networks.state_dict())
    student.mean = rows.mean(dim=0)
    of_views = len(probe.view_groups(dataset.batch(items[:1].to(dataset.device))))
    first = len(groups) - of_views
    student.scale = torch.cat(
        [*(_scale_of(group) for group in groups[:first]), *map(_scale_per_column, groups[first:])]
    )
    return student.eval(), (rows - student.mean) * student.scale


@torch.no_grad()
def _round_to_half(module: nn.Module) -> None:
    """Round the weights, except vectors, to numbers of half precision.

    A model file stores such weights in half the space. The features, and the share of items that
    the student predicts as the page does, are computed with the rounded weights.
    """
    for weight in module.parameters():
        if weight.ndim > 1:
            weight.copy_(weight.half())


def _scale_of(group: torch.Tensor) -> torch.Tensor:
    """Return a factor, repeated for each column, (F,), that gives rows (K, F) the norm INPUT_SCALE.

    The norm is the root of the mean squared length of the centred rows.
    """
    norm = (group - group.mean(dim=0)).square().sum(dim=1).mean().sqrt()
    return (INPUT_SCALE / norm.clamp_min(1e-8)).expand(group.shape[1])


def _scale_per_column(group: torch.Tensor) -> torch.Tensor:
    """Return the factors, (F,), that give each column of rows (K, F) the same variance, and the
    rows the norm INPUT_SCALE."""
    deviation = group.std(dim=0, correction=0)
    # A constant column has no information, and gets no large factor.
    deviation = deviation.clamp_min(1e-3 * float(deviation.max().clamp_min(1e-6)))
    return INPUT_SCALE / (deviation * group.shape[1] ** 0.5)


def _train_round(layers: nn.Sequential, rows: torch.Tensor, target: torch.Tensor) -> None:
    """Train for EPOCHS_PER_ROUND epochs with a learning rate that rises, and then falls to 0."""
    n = len(rows)
    optimiser = torch.optim.AdamW(layers.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, total_steps=EPOCHS_PER_ROUND * -(-n // BATCH_SIZE)
    )
    noise = NOISE * rows.std(correction=0)
    for _ in range(EPOCHS_PER_ROUND):
        for batch in torch.randperm(n).split(BATCH_SIZE):
            chosen = batch.to(rows.device)
            x = rows[chosen]
            logits = layers(x + noise * torch.randn_like(x))
            loss = F.cross_entropy(logits, target[chosen])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
