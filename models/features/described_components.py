"""Principal components of the descriptors of all items, without all descriptors in memory.

The descriptors of a million pictures take 2 GB, but their principal components take 200 MB. If the
descriptors have more than MOST_VALUES values, mean and covariance are estimated from a sample of
the items. The descriptors of all items are then computed and projected in batches.
"""

import torch

from lodespace.models.batches import evenly
from lodespace.models.dataset import Dataset
from lodespace.models.device import algebra_device
from lodespace.models.features.descriptor import (
    ITEMS_AT_ONCE,
    described,
    descriptor_groups,
)
from lodespace.models.features.principal_components import directions, principal_components

MOST_VALUES = 1 << 25
"""Largest number of descriptor values in memory at once. They take 128 MB, which is enough for the
descriptors of 65,000 symbols.
"""
SAMPLE = 20_000
"""Number of items in the sample."""


def described_components(dataset: Dataset, k: int) -> torch.Tensor:
    """Return the first k principal component scores of the descriptors of all items, (N, k).

    If the data set has principal components, return these.
    """
    if dataset.components is not None:
        return dataset.components
    if dataset.kind == "vector":
        return principal_components(dataset.stored, k)
    first = torch.cat(descriptor_groups(dataset.batch(slice(0, 1)), dataset.content), dim=1)
    if len(dataset) * first.shape[1] <= MOST_VALUES:
        return principal_components(described(dataset), k)
    return _SampleComponents(dataset, k).scores(dataset)


class _SampleComponents:
    """Principal components of the descriptors of a sample, in double precision."""

    def __init__(self, dataset: Dataset, k: int) -> None:
        """Compute the first k components from SAMPLE items of `dataset`, evenly spaced.

        If the descriptors have several groups, each group is scaled to a total variance of 1
        (`standardised`).
        """
        sample = dataset.subset(evenly(torch.arange(len(dataset)), SAMPLE).to(dataset.device))
        groups = _groups(sample, slice(0, min(ITEMS_AT_ONCE, len(sample))))
        # The values are relative to an approximate mean, so that no large terms cancel each other.
        about = torch.cat(groups, dim=1).mean(dim=0)
        total = torch.zeros_like(about)
        squares = torch.zeros(len(about), len(about), dtype=torch.float64, device=about.device)
        for batch in _batches(sample):
            moved = torch.cat(_groups(sample, batch), dim=1) - about
            total += moved.sum(dim=0)
            squares += moved.T @ moved
        n = len(sample)
        self._mean = about + total / n
        covariance = squares / n - torch.outer(total, total) / n**2
        self._scale = torch.ones_like(about)
        if len(groups) > 1:
            widths = [group.shape[1] for group in groups]
            variances = covariance.diagonal().split(widths)
            for scale, variance in zip(self._scale.split(widths), variances, strict=True):
                scale /= variance.sum().sqrt().clamp_min(1e-8)
        self._top = directions(self._scale[:, None] * covariance * self._scale, k)

    def scores(self, dataset: Dataset) -> torch.Tensor:
        """Return the principal component scores of the items of `dataset`, (N, k)."""
        scores = torch.empty(len(dataset), self._top.shape[1], device=dataset.device)
        for batch in _batches(dataset):
            centred = torch.cat(_groups(dataset, batch), dim=1) - self._mean
            scores[batch] = ((centred * self._scale) @ self._top).to(scores.device, torch.float32)
        return scores


def _batches(dataset: Dataset) -> list[slice]:
    n = len(dataset)
    return [slice(k, min(k + ITEMS_AT_ONCE, n)) for k in range(0, n, ITEMS_AT_ONCE)]


def _groups(dataset: Dataset, batch: slice) -> list[torch.Tensor]:
    """Return the descriptor of a batch in groups (B, F), in double precision."""
    where = algebra_device(dataset.device)
    found = descriptor_groups(dataset.batch(batch), dataset.content)
    return [group.to(where).double() for group in found]
