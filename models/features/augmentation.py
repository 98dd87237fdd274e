"""Random views of items. A view is a copy with random changes that keep the class of the item."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from lodespace.models.config import Content


@dataclass(frozen=True)
class Augmentation:
    """Ranges of random changes. For each item, the changes are chosen at random from the ranges."""

    rotation: float = 0.0
    """Largest rotation in either direction, in degrees."""
    scale: float = 0.0
    """Largest relative change of the width and of the height."""
    shear: float = 0.0
    """Largest shear, as sideways shift per unit of height."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Largest shift along x and along y, as fractions of the side."""
    brightness: float = 0.0
    """Largest relative change of the brightness."""
    contrast: float = 0.0
    """Largest relative change of the contrast."""
    mirror: bool = False
    """Whether a random half of the pictures is mirrored."""
    masks: float = 0.0
    """Largest width of the masked time band and of the masked frequency band.

    The width is a fraction of the side of the spectrogram (SpecAugment; Park et al. 2019).
    """
    noise: float = 0.0
    """Standard deviation of the noise that is added to standardised vectors."""
    dropout: float = 0.0
    """Probability that a feature of a vector becomes 0."""

    def __call__(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return a random view of each item, in the same shape: (B, C, H, W) or (B, F).

        `generator` is on the device of `x`.
        """
        return self._picture(x, generator) if x.ndim == 4 else self._vector(x, generator)

    def _picture(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        u = torch.rand(len(x), 7, generator=generator, device=x.device) * 2 - 1
        angle = u[:, 0] * math.radians(self.rotation)
        cos, sin = angle.cos(), angle.sin()
        sx, sy = 1 + self.scale * u[:, 1], 1 + self.scale * u[:, 2]
        shear = self.shear * u[:, 3]
        row_x = torch.stack([sx * cos, -sx * sin + shear, 2 * self.shift[0] * u[:, 4]], dim=1)
        row_y = torch.stack([sy * sin, sy * cos, 2 * self.shift[1] * u[:, 5]], dim=1)
        if self.mirror:
            side = torch.rand(len(x), 1, generator=generator, device=x.device)
            row_x = torch.where(side < 0.5, -row_x, row_x)
        grid = F.affine_grid(torch.stack([row_x, row_y], dim=1), list(x.shape), align_corners=False)
        # Photos are continued by reflection at the border. Other pictures get an empty background.
        beyond = "reflection" if self.mirror else "zeros"
        view = F.grid_sample(x, grid, padding_mode=beyond, align_corners=False)
        view = view * (1 + self.brightness * u[:, 6])[:, None, None, None]
        if self.contrast:
            strength = 1 + self.contrast * (
                2 * torch.rand(len(x), 1, 1, 1, generator=generator, device=x.device) - 1
            )
            middle = view.mean(dim=(1, 2, 3), keepdim=True)
            view = middle + strength * (view - middle)
        if self.masks:
            view = self._masked(view, generator)
        return view.clamp_(0, 1)

    def _masked(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Set one band of rows and one band of columns of each picture to 0."""
        for dim in (2, 3):
            side = x.shape[dim]
            u = torch.rand(len(x), 2, generator=generator, device=x.device)
            width = u[:, :1] * self.masks * side
            first = u[:, 1:] * (side - width)
            at = torch.arange(side, device=x.device)[None]
            kept = (at < first) | (at >= first + width)
            x = x * (kept[:, None, :, None] if dim == 2 else kept[:, None, None, :])
        return x

    def _vector(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        kept = torch.rand(x.shape, generator=generator, device=x.device) >= self.dropout
        return (x + self.noise * noise) * kept


_SYMBOLS = Augmentation(rotation=15.0, scale=0.15, shear=0.15, shift=(0.08, 0.08), brightness=0.2)
"""Changes for symbols: no mirroring, because a mirrored digit is a different symbol."""
_PHOTOS = Augmentation(
    rotation=10.0,
    scale=0.25,
    shear=0.1,
    shift=(0.25, 0.25),
    brightness=0.1,
    contrast=0.1,
    mirror=True,
)
"""Changes for photos: large shifts, small changes of brightness.

The shifts are large because the subject may lie anywhere in a photo. The changes of brightness are
small because brightness is a feature of the subject.
"""
_SPECTROGRAMS = Augmentation(shift=(0.15, 0.02), scale=0.05, brightness=0.25, masks=0.25)
"""Changes for spectrograms, in which time runs along x and frequency along y.

The same sound, such as the call of a bird, may start earlier or later, but hardly changes its
pitch. There is no mirroring, because a sound played backward is a different sound.
"""
_VECTORS = Augmentation(noise=0.3, dropout=0.2)

_STRONG: dict[Content, Augmentation] = {
    "symbols": _SYMBOLS,
    "photos": _PHOTOS,
    "spectrograms": _SPECTROGRAMS,
    "vectors": _VECTORS,
}
_LIGHT: dict[Content, Augmentation] = {
    "symbols": replace(
        _SYMBOLS, rotation=10.0, scale=0.1, shear=0.1, shift=(0.06, 0.06), brightness=0.1
    ),
    "photos": replace(_PHOTOS, scale=0.15, shift=(0.12, 0.12)),
    "spectrograms": replace(_SPECTROGRAMS, shift=(0.1, 0.01), scale=0.0, brightness=0.1, masks=0.1),
    "vectors": replace(_VECTORS, noise=0.1, dropout=0.05),
}


def strong(content: Content) -> Augmentation:
    """Return the augmentation for self-supervised training, which compares views of an item."""
    return _STRONG[content]


def light(content: Content) -> Augmentation:
    """Return the augmentation for the classifier: small changes, so that items keep their class."""
    return _LIGHT[content]
