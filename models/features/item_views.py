"""The views (rows of numbers) of items from which the values of named axes are predicted.

The descriptor of symbols hides their slant and position (descriptor.py), so pictures have a second
view: the principal components of their pixels.
"""

import torch

from lodespace.models.batches import evenly
from lodespace.models.dataset import Dataset, flattened
from lodespace.models.device import algebra_device

COMPONENTS = 50
"""Largest number of principal components of the pixels."""
_SAMPLE = 2000
"""Maximum number of items from which the principal components are computed."""


class PixelComponents:
    """Principal components of the pixels of pictures, computed from a sample of the items."""

    def __init__(self, dataset: Dataset) -> None:
        """Compute the components from at most _SAMPLE items of `dataset`."""
        self._dataset = dataset
        rows = flattened(dataset.batch(evenly(torch.arange(len(dataset)), _SAMPLE)))
        self._mean = rows.mean(dim=0)
        centred = (rows - self._mean).to(algebra_device(rows.device)).double()
        _, vectors = torch.linalg.eigh(centred.T @ centred)
        top = vectors.flip(1)[:, :COMPONENTS]
        spread = (centred @ top).square().mean().sqrt().clamp_min(1e-8)
        self._basis = (top / spread).float().to(rows.device)

    def __call__(self, items: torch.Tensor) -> torch.Tensor:
        """Return the components (K, F) of `items` int64 (K,). Their mean square is about 1."""
        return (flattened(self._dataset.batch(items)) - self._mean) @ self._basis
