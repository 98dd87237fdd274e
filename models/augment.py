"""Random views of items: what may change without changing what an item is."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Augmentation:
    """Ranges, each drawn per item: rotation in degrees, scale and shear as shares, shift as a share of the side,
    brightness as a factor, and noise (vectors: a share of the unit standard deviation). No flips: a mirrored digit is another sign.
    """

    rotation: float = 15.0
    scale: float = 0.15
    shear: float = 0.15
    shift: float = 0.08
    brightness: float = 0.2
    noise: float = 0.3
    dropout: float = 0.2

    def __call__(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """A random view of each item of the batch; (B, C, H, W) or (B, F) -> the same shape. `generator` is on x's device."""
        return self._picture(x, generator) if x.ndim == 4 else self._vector(x, generator)

    def _picture(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        u = torch.rand(len(x), 7, generator=generator, device=x.device) * 2 - 1
        angle = u[:, 0] * math.radians(self.rotation)
        cos, sin = angle.cos(), angle.sin()
        sx, sy = 1 + self.scale * u[:, 1], 1 + self.scale * u[:, 2]
        shear = self.shear * u[:, 3]
        row_x = torch.stack([sx * cos, -sx * sin + shear, 2 * self.shift * u[:, 4]], dim=1)
        row_y = torch.stack([sy * sin, sy * cos, 2 * self.shift * u[:, 5]], dim=1)
        grid = F.affine_grid(torch.stack([row_x, row_y], dim=1), list(x.shape), align_corners=False)
        view = F.grid_sample(x, grid, align_corners=False)
        return (view * (1 + self.brightness * u[:, 6])[:, None, None, None]).clamp_(0, 1)

    def _vector(self, x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        kept = torch.rand(x.shape, generator=generator, device=x.device) >= self.dropout
        return (x + self.noise * noise) * kept


LIGHT = Augmentation(rotation=10.0, scale=0.1, shear=0.1, shift=0.06, brightness=0.1, noise=0.1, dropout=0.05)
"""For the classifier: a labelled item stays well inside its class."""
STRONG = Augmentation()
"""For self-supervision: two views have to be recognised as one item."""
