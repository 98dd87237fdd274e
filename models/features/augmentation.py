"""Random views of items: what may change without changing what an item is."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from lodespace.models.config import Content


@dataclass(frozen=True)
class Augmentation:
    """Ranges, each drawn per item: rotation in degrees, scale and shear as shares, shift (x, y) as shares of the side, brightness and
    contrast as factors, `mirror` whether half of them are mirrored; `masks`: how much of the side a band of time and a band of frequency
    may hide (SpecAugment; Park et al. 2019); and for vectors noise, a share of the unit standard deviation, and dropout.
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    brightness: float = 0.0
    contrast: float = 0.0
    mirror: bool = False
    masks: float = 0.0
    noise: float = 0.0
    dropout: float = 0.0

    def __call__(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """A random view of each item of the batch; (B, C, H, W) or (B, F) -> the same shape. `generator` is on x's device."""
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
        # A photo goes on beyond its rim; a sign stands on nothing.
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
        """Each picture with one band of rows and one of columns hidden."""
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
"""No mirror: a mirrored digit is another sign."""
_PHOTOS = Augmentation(
    rotation=10.0,
    scale=0.25,
    shear=0.1,
    shift=(0.25, 0.25),
    brightness=0.1,
    contrast=0.1,
    mirror=True,
)
"""Shifted far, lit little: what a photo shows may lie anywhere in it, but how light it is tells much of what it shows."""
_SPECTROGRAMS = Augmentation(shift=(0.15, 0.02), scale=0.05, brightness=0.25, masks=0.25)
"""Time runs along x, frequency along y: a call may come earlier or later, hardly higher; backward it is another call."""
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
    """For self-supervision: two views have to be recognised as one item."""
    return _STRONG[content]


def light(content: Content) -> Augmentation:
    """For the classifier: a labelled item stays well inside its class."""
    return _LIGHT[content]
