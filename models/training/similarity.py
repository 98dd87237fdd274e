"""The space in which similar items are searched: the features of the neighbour graph."""

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.batches import evenly
from lodespace.models.dataset import Dataset, with_channels
from lodespace.models.features.descriptor import descriptor_groups
from lodespace.models.features.nearest import SearchSpace
from lodespace.models.training.loop import Loop
from lodespace.models.training.particle_loop import ParticleLoop

_FITTED = 3000
"""Number of items to which the linear functions from pictures to features are fitted. The pictures
of 3,000 digits take 0.5 s."""
_AT_ONCE = 128
_RIDGE = 1e-6
"""Weight of the squared coefficients, as a share of the mean variance."""


def search_space(loop: Loop) -> SearchSpace:
    """Return the space in which similar items are searched.

    It has the features that the neighbour graph is built on, without those of the classifier. The
    presets `paper` and `figure2` have no graph, so their space is the latent space.
    """
    if isinstance(loop, ParticleLoop):
        name = "learned features" if loop.graph.has_learned else "descriptors"
        return SearchSpace(name, _numbers(loop.graph.features))
    return SearchSpace("latent means", _numbers(loop.latent_mean))


@torch.no_grad()
def descriptors_of(
    dataset: Dataset, first: int, end: int
) -> tuple[str, list[npt.NDArray[np.float32]]]:
    """Return the name of the descriptors of a data set, and those of the items `first` to `end`.

    The descriptors of an item, in groups (K, F), depend on nothing but the item: neither on
    training nor on other items. The items are pictures or sounds.
    """
    chosen = dataset.subset(slice(first, end)).alike()
    found = [
        descriptor_groups(chosen.batch(slice(start, start + _AT_ONCE)), chosen.content)
        for start in range(0, len(chosen), _AT_ONCE)
    ]
    groups = [torch.cat(parts) for parts in zip(*found, strict=True)]
    return f"descriptors of {chosen.content}", [_numbers(group) for group in groups]


@torch.no_grad()
def points_of(loop: Loop, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return pictures that are not in the data set as points of the `search_space`, (K, F).

    The features of the graph are linear functions of the descriptors and of the outputs of the
    network. The functions are found by linear regression on items of the data set.

    Args:
        loop: A loop whose items are pictures.
        pictures: uint8 (K, H, W) or (K, H, W, 3), of the size of the pictures that were imported.
    """
    dataset = loop.dataset
    background = None if dataset.source is None else dataset.source.background
    given = Dataset.from_images(
        with_channels(pictures, dataset.item_shape[0]),
        dataset.content,
        side=dataset.item_shape[1],
        background=background,
    ).to(dataset.device)
    if not isinstance(loop, ParticleLoop):
        mean, _ = loop.vae_training.vae.encoder(given.inputs)
        return _numbers(mean * loop.contraction)
    alike = loop.learning.dataset
    items = evenly(torch.arange(len(alike)), _FITTED).to(alike.device)
    inputs, targets = _inputs(loop, alike.subset(items)), loop.graph.features[items].cpu().double()
    mean, centre = inputs.mean(dim=0), targets.mean(dim=0)
    centred = inputs - mean
    covariance = centred.T @ centred
    covariance.diagonal().add_(_RIDGE * covariance.diagonal().mean())
    weights = torch.linalg.solve(covariance, centred.T @ (targets - centre))
    return _numbers(((_inputs(loop, given.alike()) - mean) @ weights + centre).float())


def _inputs(loop: ParticleLoop, dataset: Dataset) -> torch.Tensor:
    """Return one array of double precision (N, F): the descriptors, followed by the features of the
    network if the graph uses them."""
    parts = []
    for start in range(0, len(dataset), _AT_ONCE):
        x = dataset.batch(slice(start, min(start + _AT_ONCE, len(dataset))))
        groups = descriptor_groups(x, dataset.content)
        if loop.graph.has_learned:
            groups = [*groups, loop.features.self_supervision.network(x)]
        parts.append(torch.cat(groups, dim=1).cpu().double())
    return torch.cat(parts)


def _numbers(rows: torch.Tensor) -> npt.NDArray[np.float32]:
    return rows.detach().cpu().numpy()
