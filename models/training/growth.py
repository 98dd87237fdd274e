"""Continuation of a training with more items.

An added item gets a place near its most similar earlier items, in the features of the neighbour
graph, and edges to them. Forces then move only the added items. In the preset `paper`, the encoder
places them. The earlier items stay where they are, and training goes on with all items.
"""

from typing import NamedTuple

import torch

from lodespace.models.batches import evenly
from lodespace.models.checkpoints.training_state import TrainingState
from lodespace.models.dataset import Dataset
from lodespace.models.display.procrustes import procrustes
from lodespace.models.features.descriptor import ITEMS_AT_ONCE, descriptor_groups
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.training.grown_state import Placement, grown_state
from lodespace.models.training.particle_loop import ParticleLoop
from lodespace.models.training.trainer import Trainer

_SAMPLE = 2000
"""Number of earlier items to which the functions for the features of added items are fitted."""
_PASSED_AT_ONCE = 1000


@torch.no_grad()
def grown(trainer: Trainer, dataset: Dataset) -> Trainer:
    """Return a trainer that continues `trainer` on `dataset`, which has added items at its end.

    The earlier items keep their positions, labels and predictions. The trainer `trainer` must not
    be used again.

    Raises ValueError when the data set has no further items, or items of another shape.
    """
    first = len(trainer.dataset)
    if len(dataset) <= first or dataset.item_shape != trainer.dataset.item_shape:
        raise ValueError(
            "the data set must contain the items of the training, and more items of the same shape"
        )
    there = dataset.to(trainer.dataset.device)
    if isinstance(trainer.loop, ParticleLoop):
        found = _features(trainer.loop, there)
        features, learned = found.features, found.learned
        there = there.with_components(found.components)
    else:
        features, learned = _encoded(trainer, there), None
    placement = Placement.of(features, first, trainer.config.neighbours)
    state = grown_state(trainer.state(copied=False), placement, learned)
    with torch.enable_grad():
        larger = Trainer.from_state(state, there, device=str(there.device))
    larger.tempo = trainer.tempo
    larger.loop.state.priority = trainer.loop.state.priority
    _place(larger, first)
    return larger


def fitted(trainer: Trainer, state: TrainingState) -> TrainingState:
    """Return `state` with rows for the items that were added after it.

    Returns `state` itself if it has all items of `trainer`. Raises ValueError if it has more items.
    """
    first, n = state.meta.get("items"), len(trainer.dataset)
    if first == n:
        return state
    if not isinstance(first, int) or not 1 < first < n:
        raise ValueError(f"the state has {first} items, but the data set has {n}")
    loop, learned = trainer.loop, None
    if isinstance(loop, ParticleLoop):
        features, known = loop.graph.features, loop.graph.learned
        learned = None if known is None else known[first:]
    else:
        features = loop.latent_mean
    return grown_state(state, Placement.of(features, first, trainer.config.neighbours), learned)


class _Features(NamedTuple):
    """Features of N items, of which the last ones are added."""

    features: torch.Tensor
    """Features in which neighbours are searched, (N, F)."""
    components: torch.Tensor
    """Principal components, (N, K)."""
    learned: torch.Tensor | None
    """Learned features of the added items only, (M, L); None if no features are learned yet."""


def _features(loop: ParticleLoop, dataset: Dataset) -> _Features:
    """Return the features of all items. Earlier items keep their features.

    All features are linear functions of the descriptors and of the outputs of the feature network.
    These functions are found by least squares on some earlier items, and give the features of the
    added items.
    """
    alike, known = dataset.alike(), loop.map.components
    first, n = len(known), len(dataset)
    some = evenly(torch.arange(first), max(_SAMPLE, 2 * known.shape[1])).to(known.device)
    added = torch.arange(first, n, device=known.device)
    to_components = _Linear.fitted(_described(alike, some), known[some])
    components = torch.cat([known, to_components(_described(alike, added))])
    learned = None
    if loop.graph.learned is not None:
        network = loop.features.self_supervision.network
        to_learned = _Linear.fitted(_passed(network, alike, some), loop.graph.learned[some])
        learned = to_learned(_passed(network, alike, added))
    features = loop.graph.features
    to_features = _Linear.fitted(_side_by_side(known, loop.graph.learned)[some], features[some])
    of_added = to_features(_side_by_side(components[first:], learned))
    return _Features(torch.cat([features, of_added]), components, learned)


def _side_by_side(components: torch.Tensor, learned: torch.Tensor | None) -> torch.Tensor:
    return components if learned is None else torch.cat([components, learned], dim=1)


class _Linear(NamedTuple):
    """A linear function of rows."""

    mean: torch.Tensor
    """Mean of the inputs, (1, F)."""
    matrix: torch.Tensor
    """Matrix (F, K)."""
    offset: torch.Tensor
    """Mean of the outputs, (1, K)."""

    @classmethod
    def fitted(cls, inputs: torch.Tensor, outputs: torch.Tensor) -> "_Linear":
        """Return the function that maps `inputs` (B, F) to `outputs` (B, K) best."""
        x, y = inputs.cpu().double(), outputs.cpu().double()
        mean, offset = x.mean(dim=0, keepdim=True), y.mean(dim=0, keepdim=True)
        # The driver "gelsd" also solves systems whose matrix does not have full rank.
        found = torch.linalg.lstsq(x - mean, y - offset, driver="gelsd").solution
        return cls(mean, found, offset)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        out = (rows.cpu().double() - self.mean) @ self.matrix + self.offset
        return out.float().to(rows.device)


def _described(dataset: Dataset, items: torch.Tensor) -> torch.Tensor:
    """Return the descriptors of `items` int64 (B,), or vectors as they are, (B, F)."""
    if dataset.kind == "vector":
        return dataset.stored[items]
    return torch.cat(
        [
            torch.cat(descriptor_groups(dataset.batch(some), dataset.content), dim=1)
            for some in items.split(ITEMS_AT_ONCE)
        ]
    )


def _passed(network: FeatureNetwork, dataset: Dataset, items: torch.Tensor) -> torch.Tensor:
    """Return the output of `network` for `items` int64 (B,), (B, WIDTH)."""
    return torch.cat([network(dataset.batch(some)) for some in items.split(_PASSED_AT_ONCE)])


def _encoded(trainer: Trainer, dataset: Dataset) -> torch.Tensor:
    """Return the encoder's means of all items: the current means, and those of added items."""
    rows = torch.arange(len(trainer.dataset), len(dataset), device=dataset.device)
    vae = trainer.loop.vae_training.vae
    means = [vae.encode_mean(dataset.batch(some)) for some in rows.split(_PASSED_AT_ONCE)]
    return torch.cat([trainer.loop.latent_mean, *means])


def _place(trainer: Trainer, first: int) -> None:
    """Move the items from number `first` on to their places, and show them there."""
    loop, shown = trainer.loop, trainer.display.shown
    loop.items_added(first)
    mean = loop.latent_mean
    if shown is not None and shown.shape == mean.shape:
        rotation, translation, _ = procrustes(mean[:first], shown[:first])
        trainer.display.shown = shown.clone()
        trainer.display.shown[first:] = mean[first:] @ rotation + translation
