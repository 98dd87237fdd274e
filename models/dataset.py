"""Items as tensors: standardised vectors, or pictures in a size that the networks can read.

Pictures stay uint8, also on a GPU, and are converted to floats one batch at a time. An array of
100,000 colour pictures then takes 300 MB instead of 1.2 GB, and an array that is mapped from a file
is not copied.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from lodespace.models.config import Content, model_side
from lodespace.models.deviation import deviation_of
from lodespace.models.workers.team import Team

_RESAMPLED_AT_ONCE = 1000
_CHECKED_AT_ONCE = 65_536
_FLAT_FEATURES = 1024
LARGEST_ALIKE = 64
"""Largest side, in pixels, of the pictures that `Dataset.alike` returns."""
_TINY_DEVIATION = 1e-8
_LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue when a model of grey pictures reads colour pictures."""


@dataclass(frozen=True)
class Standardisation:
    """Mean and standard deviation by which vectors are standardised."""

    mean: torch.Tensor
    """Mean of each feature, float32 (F,)."""
    deviation: torch.Tensor
    """Standard deviation of each feature, float32 (F,); 1 for a constant feature."""

    @classmethod
    def of(cls, vectors: torch.Tensor) -> "Standardisation":
        """Return mean and standard deviation of vectors (N, F)."""
        mean = vectors.mean(dim=0)
        deviation = deviation_of(vectors, mean)
        return cls(mean, torch.where(deviation > _TINY_DEVIATION, deviation, 1.0))

    @classmethod
    def with_one_scale(cls, vectors: torch.Tensor) -> "Standardisation":
        """Return the mean of vectors (N, F), and the same deviation for all features.

        This deviation is the root mean square of the deviations of the features. The proportions
        between the features therefore stay the same.
        """
        mean = vectors.mean(dim=0)
        deviation = float(deviation_of(vectors, mean).square().mean().sqrt())
        scale = deviation if deviation > _TINY_DEVIATION else 1.0
        return cls(mean, torch.full_like(mean, scale))


@dataclass(frozen=True)
class PictureFormat:
    """Size of the pictures from which a data set was made, and the padding around them."""

    height: int
    """Height in pixels."""
    width: int
    """Width in pixels."""
    background: tuple[int, ...]
    """Colour of the padding that makes a picture square: one value 0..255 per channel."""


@dataclass(frozen=True)
class Dataset:
    """N items ready for the model."""

    stored: torch.Tensor
    """Pictures uint8 (N, C, S, S), or standardised vectors float32 (N, F)."""
    kind: Literal["image", "vector"]
    """Whether the items are pictures or vectors."""
    content: Content = "symbols"
    """Kind of content of the items; it selects the augmentation (features/augmentation.py)."""
    standardisation: Standardisation | None = None
    """Standardisation of vectors; None for pictures."""
    features: "Dataset | None" = None
    """Feature vectors that were imported with the items.

    They replace learned features. None if no features were imported.
    """
    neighbours: tuple[torch.Tensor, torch.Tensor] | None = None
    """Nearest neighbours that were imported with the items, nearest first: indices int32 and
    distances float32, each (N, K). None if they have to be searched."""
    components: torch.Tensor | None = None
    """Principal components of the items, (N, F). None if they have to be computed."""
    source: PictureFormat | None = None
    """Format of the pictures before they were padded and resized; None for vectors."""
    team: Team | None = None
    """Processes that have copies of the items and share the work on them; None if no other process
    has a copy (shared_items.py)."""

    def __len__(self) -> int:
        return len(self.stored)

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item: (C, S, S) or (F,)."""
        return tuple(self.stored.shape[1:])

    @property
    def device(self) -> torch.device:
        """Device of the items."""
        return self.stored.device

    def checked_items(self, items: npt.NDArray[np.integer]) -> torch.Tensor:
        """Return items (K,) as an int64 tensor. Raises ValueError if an item does not exist."""
        n = len(self)
        if len(items) and not (int(items.min()) >= 0 and int(items.max()) < n):
            raise ValueError(f"an item does not exist; items are 0 to {n - 1}")
        return torch.from_numpy(items.astype(np.int64))

    def batch(self, items: torch.Tensor | slice) -> torch.Tensor:
        """Return items as the model reads them: float32 (B, C, S, S) in 0..1, or (B, F)."""
        chosen = self.stored[items]
        return chosen.float().div_(255) if self.kind == "image" else chosen

    @property
    def inputs(self) -> torch.Tensor:
        """All items as the model reads them.

        Use this property only for small data sets: pictures as floats take four times the memory.
        """
        return self.batch(slice(None))

    def alike(self) -> "Dataset":
        """Return the data set in which neighbours are searched and classes are learned.

        The data set contains the features that were imported with the items. If no features were
        imported, it contains the items. Pictures of 128 x 128 are reduced to 64 x 64, because the
        time from a label to its effect grows with the size of the pictures.
        """
        if self.features is not None:
            return self.features
        if self.kind == "vector" or self.item_shape[1] <= LARGEST_ALIKE:
            return self
        halved = [
            reduced_to_alike(chunk.float()).byte()
            for chunk in self.stored.split(_RESAMPLED_AT_ONCE)
        ]
        return replace(self, stored=torch.cat(halved))

    def flat(self) -> torch.Tensor:
        """Return the items as rows (N, F), for principal components.

        Pictures of more than 1,024 values are reduced to at most 1,024 by average pooling.
        """
        width = flattened(self.batch(slice(0, 1))).shape[1]
        rows = torch.empty(len(self), width, device=self.device)
        for start in range(0, len(self), _RESAMPLED_AT_ONCE):
            chunk = slice(start, min(start + _RESAMPLED_AT_ONCE, len(self)))
            rows[chunk] = flattened(self.batch(chunk))
        return rows

    def subset(self, items: slice | torch.Tensor) -> "Dataset":
        """Return a data set of only `items`, without imported neighbours."""
        features = None if self.features is None else self.features.subset(items)
        whole = replace(self, neighbours=None, components=None, team=None)
        return replace(whole, stored=self.stored[items], features=features)

    def with_components(self, components: torch.Tensor) -> "Dataset":
        """Return a copy that has the principal components (N, F) of `alike`."""
        if self.features is None:
            return replace(self, components=components)
        return replace(self, features=replace(self.features, components=components))

    def with_features(self, features: npt.NDArray[Any], *, one_scale: bool = False) -> "Dataset":
        """Return a copy with `features` (N, F).

        With `one_scale`, all features are divided by the same number. This suits features of a
        pretrained network, in which a feature that varies more is more important. Without
        `one_scale`, each feature gets variance 1, because features may have different units.

        Raises:
            ValueError: when `features` does not have one row of finite numbers per item.
        """
        if len(features) != len(self):
            raise ValueError(
                f"there are features of {len(features)} items, but the data set has {len(self)};"
                " give one row per item"
            )
        known = None
        if one_scale:
            rows = torch.from_numpy(np.asarray(features, np.float32))
            known = Standardisation.with_one_scale(rows)
        return replace(self, features=Dataset.from_vectors(features, known))

    def with_neighbours(
        self, indices: npt.NDArray[np.integer], distances: npt.NDArray[np.floating]
    ) -> "Dataset":
        """Return a copy with the nearest neighbours of all items, which replace a search.

        Args:
            indices: neighbours of each item, (N, K), nearest first, without the item itself.
            distances: their distances, (N, K).

        Raises:
            ValueError: when the arrays do not have one row per item and the same shape.
        """
        if indices.shape != distances.shape or indices.ndim != 2 or len(indices) != len(self):
            raise ValueError(
                f"indices {indices.shape} and distances {distances.shape} of neighbours must have "
                f"the shape ({len(self)}, K)"
            )
        found = torch.from_numpy(indices.astype(np.int32))
        return replace(self, neighbours=(found, torch.from_numpy(distances.astype(np.float32))))

    def to(self, device: torch.device) -> "Dataset":
        """Return the data set on another device."""
        features = None if self.features is None else self.features.to(device)
        known = self.neighbours and (self.neighbours[0].to(device), self.neighbours[1].to(device))
        return replace(self, stored=self.stored.to(device), features=features, neighbours=known)

    @classmethod
    def from_images(
        cls,
        images: npt.NDArray[np.uint8],
        content: Content = "symbols",
        *,
        side: int | None = None,
        background: Sequence[int] | None = None,
    ) -> "Dataset":
        """Return a data set of pictures, resized to a size that the networks read.

        Pictures of 28 x 28 are padded, so that MNIST's pixels stay as they are. Other sizes are
        padded to a square and resampled. The padding is the background of the pictures: by default
        the median of their borders.

        Args:
            images: uint8 (N, H, W), or (N, H, W, C) with 1 or 3 channels.
            content: kind of content of the pictures.
            side: side length of the stored pictures, in pixels; by default that of `model_side`.
            background: value per channel of the padding.

        Raises:
            ValueError: when `images` has another shape or type, or no pixels.
        """
        if (
            images.dtype != np.uint8
            or images.ndim not in (3, 4)
            or (images.ndim == 4 and images.shape[3] not in (1, 3))
        ):
            wanted = "uint8 (N, H, W) or (N, H, W, C) with 1 or 3 channels"
            raise ValueError(f"pictures must be {wanted}, not {images.dtype} {images.shape}")
        if 0 in images.shape:
            raise ValueError(f"there are no pictures, or no pixels in them: {images.shape}")
        pictures = images if images.flags.writeable else images.copy()
        x = torch.from_numpy(pictures)
        x = x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)
        height, width = x.shape[2:]
        side = side or model_side(height, width)
        fill = _background(x) if background is None else torch.tensor(background, dtype=x.dtype)
        square = side if (height, width) == (28, 28) and side == 32 else max(height, width)
        made = _resampled(_padded(x, square, fill), side)
        source = PictureFormat(height, width, tuple(int(value) for value in fill))
        return cls(made, "image", content, source=source)

    @classmethod
    def from_vectors(
        cls, vectors: npt.NDArray[Any], standardisation: Standardisation | None = None
    ) -> "Dataset":
        """Return a data set of standardised vectors (N, F).

        If `standardisation` is not given, each feature gets mean 0 and variance 1, and a constant
        feature becomes 0.

        Raises:
            ValueError: when `vectors` has another shape, no values, or contains NaN or infinity.
        """
        if vectors.ndim != 2:
            raise ValueError(f"vectors must be (N, F), not {vectors.shape}")
        if 0 in vectors.shape:
            raise ValueError(f"there are no vectors, or no features in them: {vectors.shape}")
        x = torch.from_numpy(np.asarray(vectors, np.float32).copy())
        if not all(bool(torch.isfinite(rows).all()) for rows in x.split(_CHECKED_AT_ONCE)):
            raise ValueError("vectors contain NaN or infinity; replace or remove these values")
        known = standardisation or Standardisation.of(x)
        return cls(x.sub_(known.mean).div_(known.deviation), "vector", "vectors", known)


def flattened(x: torch.Tensor) -> torch.Tensor:
    """Return items `x`, (B, C, S, S) or (B, F), as rows (B, F').

    Pictures of more than 1,024 values are reduced to at most 1,024 by average pooling.
    """
    if x.ndim == 2:
        return x
    channels, side = x.shape[1:3]
    while channels * side * side > _FLAT_FEATURES:
        side //= 2
    return F.adaptive_avg_pool2d(x, side).flatten(1)


def reduced_to_alike(pixels: torch.Tensor) -> torch.Tensor:
    """Reduce pictures (B, C, S, S) with values 0..255 to sides of at most LARGEST_ALIKE pixels."""
    factor = pixels.shape[2] // LARGEST_ALIKE
    return F.avg_pool2d(pixels, factor).round() if factor > 1 else pixels


def with_channels(pictures: npt.NDArray[Any], channels: int) -> npt.NDArray[Any]:
    """Convert pictures (N, H, W[, 3]) to the number of channels that the model reads, 1 or 3."""
    if channels == 3 and pictures.ndim == 3:
        return np.repeat(pictures[..., None], 3, axis=3)
    if channels == 1 and pictures.ndim == 4 and pictures.shape[3] == 3:
        return (pictures @ np.array(_LUMINANCE)).round().astype(np.uint8)
    return pictures


def _background(x: torch.Tensor) -> torch.Tensor:
    """Return the median per channel, (C,), of the borders of pictures (N, C, H, W)."""
    rim = torch.cat([x[:, :, [0, -1]].flatten(2), x[:, :, :, [0, -1]].flatten(2)], dim=2)
    return rim.transpose(0, 1).flatten(1).median(dim=1).values


def _padded(x: torch.Tensor, side: int, background: torch.Tensor) -> torch.Tensor:
    """Centre pictures (N, C, H, W) in squares (N, C, side, side), filled with `background` (C,)."""
    n, channels, height, width = x.shape
    if (height, width) == (side, side):
        return x
    square = background.view(1, channels, 1, 1).expand(n, channels, side, side).clone()
    top, left = (side - height) // 2, (side - width) // 2
    square[:, :, top : top + height, left : left + width] = x
    return square


def _resampled(x: torch.Tensor, side: int) -> torch.Tensor:
    """Resize uint8 square pictures (N, C, S, S) to the side length `side`, with antialiasing."""
    if x.shape[2] == side:
        return x
    out = torch.empty(*x.shape[:2], side, side, dtype=torch.uint8, device=x.device)
    for start in range(0, len(x), _RESAMPLED_AT_ONCE):
        chunk = slice(start, start + _RESAMPLED_AT_ONCE)
        floats = F.interpolate(
            x[chunk].float(),
            size=(side, side),
            mode="bilinear",
            antialias=True,
            align_corners=False,
        )
        out[chunk] = floats.round_().clamp_(0, 255).byte()
    return out
