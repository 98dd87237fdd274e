"""Views of vectors and of spectrograms: further features, which suit some kinds of items better.

Left-out labels determine the weight of each view (classification/voices.py). Vectors have two views
beside the vectors themselves, and spectrograms one view beside the pictures:

- directions: the square root of each value, with its sign, in rows of length 1 (power
  normalisation; F. Perronnin et al. 2010). This view suits embeddings, whose angles matter.
- series: the logarithm of the amplitude spectrum, and random convolution kernels (ROCKET; A.
  Dempster et al. 2020). Both are computed from rows that are scaled to mean 0 and deviation 1. This
  view suits rows that are equally spaced samples of a curve. Two rows are similar if they contain
  the same shape, even at different places.
- sound: random convolution kernels as in the view "series", but over time and frequency, and at
  three resolutions. If a sound begins later, or has another pitch, its features change little.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from lodespace.models.dataset import Dataset
from lodespace.models.features.principal_components import (
    principal_components,
    standardise,
    standardised,
)

ViewName = Literal["directions", "series", "sound"]
LEAST_DIRECTIONS = 64
"""Smallest number of features for which the view "directions" is offered. Embeddings usually have
more."""
LEAST_SAMPLES = 16
"""Smallest number of features for which the view "series" is offered."""
SMOOTH = 0.5
"""Smallest mean correlation of adjacent features for which the view "series" is offered."""
KERNELS = 200
"""Largest number of random convolution kernels."""
KERNEL_LENGTH = 9
COMPONENTS = 50
"""Largest number of principal components of each group of features of a view."""
SOUND_KERNELS = 32
"""Number of random convolution kernels per resolution in the view "sound"."""
SOUND_KERNEL_SIDE = 7
RESOLUTIONS = 3
"""Number of resolutions in the view "sound". Each has half as many pixels per side as the previous
one."""
_MOST_PRODUCTS = 2e9
"""Largest number of multiplications in the convolutions of all items; they take about 2 s."""
_TINY = 1e-6
_ROWS_AT_ONCE = 500


def view_names(dataset: Dataset) -> list[ViewName]:
    """Return the views that suit `dataset`. The list is empty for photos and symbols."""
    if dataset.kind != "vector":
        return ["sound"] if dataset.content == "spectrograms" else []
    rows, names = dataset.stored, list[ViewName]()
    if rows.shape[1] >= LEAST_DIRECTIONS:
        names.append("directions")
    if rows.shape[1] >= LEAST_SAMPLES:
        # The features have variance 1, so the mean product is the correlation.
        adjacent = (rows[:, 1:] * rows[:, :-1]).mean(dim=0)
        if float(adjacent.mean()) >= SMOOTH:
            names.append("series")
    return names


def view_features(dataset: Dataset, name: ViewName) -> torch.Tensor:
    """Return the features (N, F') of all items in the view `name`, with a mean square of 1."""
    view = view_of(dataset, name).to(dataset.device)
    n, groups = len(dataset), list[torch.Tensor]()
    for start in range(0, n, _ROWS_AT_ONCE):
        chunk = slice(start, min(start + _ROWS_AT_ONCE, n))
        found = view(dataset.batch(chunk))
        # Small results between large freed blocks would keep the heap from shrinking.
        groups = groups or [each.new_empty(n, each.shape[1]) for each in found]
        for group, each in zip(groups, found, strict=True):
            group[chunk] = each
    reduced = []
    while groups:
        reduced.append(principal_components(_scale(groups.pop(0)), COMPONENTS))
    return unit_square(reduced)


def unit_square(groups: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return groups of features (N, F) side by side, equally weighted, with a mean square of 1."""
    parts = [standardised(group) for group in groups]
    together = parts[0] if len(parts) == 1 else standardise(torch.cat(parts, dim=1))
    return together.mul_(together.shape[1] ** 0.5)


def _scale(rows: torch.Tensor) -> torch.Tensor:
    """Scale rows (N, F) in place to mean 0 and deviation 1 per column, and return them."""
    rows.sub_(rows.mean(dim=0))
    return rows.div_(rows.std(dim=0, correction=0).clamp_min(_TINY))


def view_of(dataset: Dataset, name: ViewName, kernels: int = 0) -> "VectorView | SoundView":
    """Return a module that computes the view `name` of items like the items of `dataset`.

    `kernels` is the number of convolution kernels per dilation in the view "series"; 0 for a number
    that suits the number of items.
    """
    return SoundView() if name == "sound" else VectorView(dataset, name, kernels)


class SoundView(nn.Module):
    """Computes the view "sound" of spectrograms. It has no parameters that are trained."""

    def __init__(self) -> None:
        super().__init__()
        self.each = 0
        """Number of convolution kernels per dilation. Always 0, because this view has no dilations.
        """
        random = torch.Generator().manual_seed(0)
        side = SOUND_KERNEL_SIDE
        weights = torch.randn(RESOLUTIONS, SOUND_KERNELS, 1, side, side, generator=random)
        self.register_buffer("kernels", weights - weights.mean(dim=(3, 4), keepdim=True))
        self.register_buffer(
            "biases", 2 * torch.rand(RESOLUTIONS, SOUND_KERNELS, generator=random) - 1
        )
        self.kernels: torch.Tensor
        self.biases: torch.Tensor

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of spectrograms (B, C, S, S) in 0..1 as one group (B, F').

        The features are the share of positive responses of each kernel, and its largest response.
        """
        levels = pictures.mean(dim=1, keepdim=True)
        found = []
        for kernels, biases in zip(self.kernels, self.biases, strict=True):
            response = F.conv2d(levels, kernels, biases, padding=SOUND_KERNEL_SIDE // 2, stride=2)
            found += _pooled(response.flatten(2))
            levels = F.avg_pool2d(levels, 2)
        return [torch.cat(found, dim=1)]


def _pooled(responses: torch.Tensor) -> list[torch.Tensor]:
    """Return the share of positive responses and the largest response, each (B, K).

    `responses` are the responses of K kernels at T places, (B, K, T).
    """
    return [(responses > 0).to(responses.dtype).mean(dim=2), responses.amax(dim=2)]


class VectorView(nn.Module):
    """Computes a view of standardised vectors. It has no parameters that are trained."""

    def __init__(self, dataset: Dataset, name: ViewName, kernels: int = 0) -> None:
        """Prepare the view `name` for items of the same shape as the items of `dataset`.

        `kernels` is the number of convolution kernels per dilation; 0 for a number that suits the
        number of items.
        """
        super().__init__()
        self.name = name
        known = dataset.standardisation
        assert known is not None
        (samples,) = dataset.item_shape
        self.register_buffer("mean", known.mean.clone())
        self.register_buffer("deviation", known.deviation.clone())
        self.mean: torch.Tensor
        self.deviation: torch.Tensor
        self.dilations = [2**k for k in range(_doublings(samples))]
        self.each = 0
        """Number of convolution kernels per dilation; 0 if the view has no kernels."""
        if name == "series":
            affordable = _MOST_PRODUCTS / (len(dataset) * samples * KERNEL_LENGTH)
            suitable = max(2, int(min(KERNELS, affordable)) // len(self.dilations))
            self.each = kernels or suitable
            self._make_series(samples)

    def _make_series(self, samples: int) -> None:
        turns = torch.arange(1, samples // 2 + 1)[:, None] * torch.arange(samples) / samples
        waves = torch.cat([torch.cos(2 * math.pi * turns), torch.sin(2 * math.pi * turns)])
        self.register_buffer("waves", waves)
        self.waves: torch.Tensor
        each = self.each
        random = torch.Generator().manual_seed(0)
        weights = torch.randn(len(self.dilations), each, 1, KERNEL_LENGTH, generator=random)
        self.register_buffer("kernels", weights - weights.mean(dim=3, keepdim=True))
        self.register_buffer("biases", 2 * torch.rand(len(weights), each, generator=random) - 1)
        self.kernels: torch.Tensor
        self.biases: torch.Tensor

    def forward(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """Return the features of standardised vectors (B, F) as groups (B, F')."""
        values = rows * self.deviation + self.mean
        if self.name == "directions":
            return [F.normalize(values.sign() * values.abs().sqrt(), dim=1)]
        centred = values - values.mean(dim=1, keepdim=True)
        curve = centred / centred.square().mean(dim=1, keepdim=True).sqrt().clamp_min(_TINY)
        return [self._spectrum(curve), self._responses(curve)]

    def _spectrum(self, curve: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the amplitudes of the frequencies above 0, (B, T // 2)."""
        real, imaginary = (curve @ self.waves.T).chunk(2, dim=1)
        return torch.log((real.square() + imaginary.square()).sqrt() + 1e-3)

    def _responses(self, curve: torch.Tensor) -> torch.Tensor:
        """Return the share of positive responses of each kernel, and its largest response."""
        found = []
        for dilation, kernels, biases in zip(
            self.dilations, self.kernels, self.biases, strict=True
        ):
            padding = dilation * (KERNEL_LENGTH // 2)
            response = F.conv1d(curve[:, None], kernels, biases, padding=padding, dilation=dilation)
            found += _pooled(response)
        return torch.cat(found, dim=1)


def _doublings(samples: int) -> int:
    """Return how many of the dilations 1, 2, 4, ... are so small that a kernel fits into the
    samples.
    """
    return int(math.log2(max(1, (samples - 1) / (KERNEL_LENGTH - 1)))) + 1
